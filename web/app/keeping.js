/** Small settings that this browser keeps. Without storage (private windows), they last as long as the page. */

/** @type {Map<string, string>} */
const whileOpen = new Map();

/**
 * @param {string} name
 * @returns {string | null}
 */
export function kept(name) {
    if (whileOpen.has(name)) return whileOpen.get(name) ?? null;
    try {
        return localStorage.getItem(`storytime.${name}`);
    } catch {
        return null;
    }
}

/**
 * @param {string} name
 * @param {string | null} value  null forgets it.
 */
export function keep(name, value) {
    if (value === null) whileOpen.delete(name);
    else whileOpen.set(name, value);
    try {
        if (value === null) localStorage.removeItem(`storytime.${name}`);
        else localStorage.setItem(`storytime.${name}`, value);
    } catch {
        // Storage is full or forbidden: the value lasts as long as the page.
    }
}
