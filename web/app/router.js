/** Which screen the address names. Everything is behind the "#", which no server gets to see. */

import { createStore } from "./store.js";

/**
 * @typedef {{ screen: "shelf" | "take" | "demo" | "settings" }
 *     | { screen: "story", id: string }
 *     | { screen: "shared", id: string, generation: string, revision: number }
 *     | { screen: "join", token: string }} Route
 */

const STORY = /^#\/story\/([0-9a-f-]{36})$/;
const SHARED = /^#story=([0-9a-f-]{36})\/([0-9A-Za-z-]+)\/(\d{1,9})$/;

/**
 * @param {string} hash  With its "#".
 * @returns {Route}
 */
export function routeOf(hash) {
    if (hash.startsWith("#join=")) return { screen: "join", token: decoded(hash.slice("#join=".length)) };
    const shared = SHARED.exec(hash);
    if (shared) {
        const [, id = "", generation = "", revision] = shared;
        return { screen: "shared", id, generation, revision: Number(revision) };
    }
    if (hash.startsWith("#story=")) return { screen: "shared", id: "", generation: "", revision: 0 }; // not complete
    const story = STORY.exec(hash);
    if (story) return { screen: "story", id: story[1] ?? "" };
    if (hash === "#/take") return { screen: "take" };
    if (hash === "#/demo") return { screen: "demo" };
    if (hash === "#/settings") return { screen: "settings" };
    return { screen: "shelf" };
}

export const address = createStore({ route: routeOf(location.hash) });

addEventListener("hashchange", () => address.set({ route: routeOf(location.hash) }));

/** @param {string} hash  Such as "#/take". */
export function goTo(hash) {
    location.hash = hash;
}

/**
 * Show another screen in the place of this one, which the browser's "back" then leaves out.
 *
 * @param {string} hash
 */
export function replaceWith(hash) {
    history.replaceState(null, "", hash);
    address.set({ route: routeOf(hash) });
}

/** @param {string} text */
function decoded(text) {
    try {
        return decodeURIComponent(text);
    } catch {
        return text;
    }
}
