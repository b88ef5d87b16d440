/** State that several screens share: a value, and who wants to know when it changes. */

import { useEffect, useState } from "./html.js";

/**
 * @template T
 * @typedef {object} Store
 * @property {() => T} get
 * @property {(change: Partial<T>) => void} set  Changes some fields, and tells the subscribers.
 * @property {(subscriber: () => void) => () => void} subscribe  Returns what ends it.
 */

/**
 * @template T
 * @param {T} initial
 * @returns {Store<T>}
 */
export function createStore(initial) {
    let state = initial;
    /** @type {Set<() => void>} */
    const subscribers = new Set();
    return {
        get: () => state,
        set(change) {
            state = { ...state, ...change };
            for (const subscriber of [...subscribers]) subscriber();
        },
        subscribe(subscriber) {
            subscribers.add(subscriber);
            return () => subscribers.delete(subscriber);
        },
    };
}

/**
 * Show a store's state in a screen, and draw the screen anew when it changes.
 *
 * @template T
 * @param {Store<T>} store
 * @returns {T}
 */
export function useStore(store) {
    const [state, setState] = useState(store.get());
    useEffect(() => {
        const update = () => setState(store.get());
        update(); // it may have changed before this effect ran
        return store.subscribe(update);
    }, [store]);
    return state;
}
