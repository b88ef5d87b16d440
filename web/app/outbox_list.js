/** What was captured and is not a story yet, as a list. */

export function Outbox() {
    return null;
}
