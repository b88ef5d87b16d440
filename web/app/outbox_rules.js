/** What happens to captured pages next. Pure: no network, no clock, no storage. */

/**
 * @typedef {import("./api.js").Story} Story
 * @typedef {"waiting" | "sending" | "received" | "read" | "ready" | "failed"} PageState
 *
 * @typedef {object} Problem  Why a page failed: a key of ours, or what the API said.
 * @property {string} [key]
 * @property {string} [code]
 * @property {string} [message]
 *
 * @typedef {object} Page
 * @property {string} id
 * @property {number} order  In which pages were captured.
 * @property {string} name
 * @property {string} language  Empty: that of its words.
 * @property {PageState} state
 * @property {Blob | null} file  As it was picked, until `photo` is made of it.
 * @property {Blob | null} photo  As it is sent.
 * @property {Blob | null} picture  Small, for lists.
 * @property {Story & { duplicate?: boolean } | null} story
 * @property {Problem | null} problem
 * @property {number} attempts  That failed.
 * @property {number} part  Of the photo that is sent, 0 to 1.
 */

const AT_ONCE = 2;
const POLL_PAUSES = [1, 1, 2, 3, 5];
const PATIENT_ROUNDS = 100;
const PATIENT_PAUSE = 30; // something is stuck: it is mended in minutes
const MAX_PAUSE = 60;
const MAX_IDS = 100; // of one bulk call

/**
 * The page to shrink next.
 *
 * @param {Page[]} pages
 */
export function nextToShrink(pages) {
    return pages.find(({ state, photo }) => state === "waiting" && !photo) ?? null;
}

/**
 * The pages to send now: in the order of capture, those that failed before after the others.
 *
 * @param {Page[]} pages
 * @returns {Page[]}
 */
export function nextToSend(pages) {
    const free = AT_ONCE - pages.filter(({ state }) => state === "sending").length;
    return pages
        .filter(({ state, photo }) => state === "waiting" && photo)
        .sort((a, b) => a.attempts - b.attempts || a.order - b.order)
        .slice(0, Math.max(0, free));
}

/**
 * The stories to ask about in one call.
 *
 * @param {Page[]} pages
 * @returns {string[]}
 */
export function idsToAsk(pages) {
    const made = pages.filter(({ state }) => state === "received" || state === "read");
    return made.flatMap(({ story }) => (story ? [story.id] : [])).slice(0, MAX_IDS);
}

/**
 * Seconds before the stories are asked about.
 *
 * @param {number} round  0: right after a page was sent.
 */
export function pollPause(round) {
    return round > PATIENT_ROUNDS ? PATIENT_PAUSE : (POLL_PAUSES[round] ?? 5);
}

/**
 * Seconds before a call that failed is tried again: longer each time, and what the server wants at least.
 *
 * @param {number} failures  In a row.
 * @param {number} retryAfter  Of the server; 0: it does not say.
 */
export function pauseAfter(failures, retryAfter) {
    return Math.max(retryAfter, Math.min(MAX_PAUSE, 2 ** failures));
}

/**
 * What a story's entry in a bulk answer changes of its page.
 *
 * @param {Story & { status_code: number }} entry
 * @returns {Partial<Page>}  Empty: nothing.
 */
export function changeBy(entry) {
    if (entry.status_code === 200) return { state: "ready", story: entry };
    if (entry.status_code >= 500) return entry.status === "read" ? { state: "read" } : {};
    if (entry.status_code === 410) return { state: "failed", problem: { key: "outbox.deleted" } };
    const { code = "", message = "" } = entry;
    return { state: "failed", problem: { code, message } };
}
