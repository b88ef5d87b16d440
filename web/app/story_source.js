/** Stories to read along with, in one shape: one's own, one by a public link, the demo. */

/**
 * @param {string} id
 */
export function ownStory(id) {
    return { kind: "own", id };
}

/**
 * @param {{ id: string, generation: string, revision: number }} link
 */
export function sharedStory(link) {
    return { kind: "shared", ...link };
}

export function demoStory() {
    return { kind: "demo" };
}
