/** The token with which this browser may use the API. */

import { keep, kept } from "./keeping.js";
import { createStore } from "./store.js";

const TOKEN = "token";

/** `token` is null before somebody joined; `refused`: the API takes the token no longer. */
export const session = createStore({ token: kept(TOKEN), refused: false });

/** @param {string} token  Empty for an API that is open. */
export function join(token) {
    keep(TOKEN, token);
    session.set({ token, refused: false });
}

export function leave() {
    keep(TOKEN, null);
    session.set({ token: null, refused: false });
}

/**
 * Take what the API says of a token: it was revoked, or was never right.
 *
 * @param {string | null} token  The one that was sent: somebody may have joined with another one since.
 */
export function refuse(token) {
    if (token !== null && token === session.get().token) session.set({ refused: true });
}
