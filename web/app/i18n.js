/** The interface's language: English, Korean, Arabic. */

import en from "./locales/en.js";
import { keep, kept } from "./keeping.js";
import { createStore } from "./store.js";

/** Those that were loaded. @type {Record<string, Record<string, string>>} */
const LOCALES = { en };
/** The others come when somebody wants them. @type {Record<string, () => Promise<{ default: Record<string, string> }>>} */
const OTHERS = { ko: () => import("./locales/ko.js"), ar: () => import("./locales/ar.js") };
const RIGHT_TO_LEFT = new Set(["ar"]);

/** What each language calls itself. */
export const LANGUAGES = { en: "English", ko: "한국어", ar: "العربية" };

export const interfaceLanguage = createStore({ language: chosen() });

function chosen() {
    const wished = [kept("language"), ...navigator.languages].map((each) => each?.slice(0, 2) ?? "");
    return wished.find((each) => each in LANGUAGES) ?? "en";
}

/** @param {string} language  A key of `LANGUAGES`. */
export async function setInterfaceLanguage(language) {
    keep("language", language);
    await applyLanguage(language);
}

/**
 * Load the texts of a language, and tell the browser the page's language and direction. Where they
 * cannot be loaded, it is English.
 *
 * @param {string} [wanted]  By default the one that was chosen.
 */
export async function applyLanguage(wanted = interfaceLanguage.get().language) {
    const load = wanted in LOCALES ? null : OTHERS[wanted];
    const texts = await load?.().catch(() => null);
    if (texts) LOCALES[wanted] = texts.default;
    const language = wanted in LOCALES ? wanted : "en";
    interfaceLanguage.set({ language });
    document.documentElement.lang = language;
    document.documentElement.dir = RIGHT_TO_LEFT.has(language) ? "rtl" : "ltr";
}

/**
 * The text of a key in the interface's language, with `{name}` replaced.
 *
 * `key.one`, `key.two`, `key.few` and so on are for counts: `{count}` decides (Unicode's plural
 * rules); `key.other` is for all others.
 *
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function t(key, values = {}) {
    const { language } = interfaceLanguage.get();
    const texts = LOCALES[language] ?? LOCALES.en ?? {};
    const text = texts[key] ?? texts[`${key}.${plural(language, values.count)}`] ?? texts[`${key}.other`];
    if (text === undefined) return key;
    return text.replace(/\{(\w+)\}/g, (/** @type {string} */ _, /** @type {string} */ name) => shown(language, values[name]));
}

/**
 * @param {string} language
 * @param {string | number | undefined} count
 */
function plural(language, count) {
    return new Intl.PluralRules(language).select(Number(count ?? 0));
}

/**
 * @param {string} language
 * @param {string | number | undefined} value
 */
function shown(language, value) {
    return typeof value === "number" ? new Intl.NumberFormat(language).format(value) : (value ?? "");
}

/** @param {string} timestamp  ISO 8601. */
export function dateOf(timestamp) {
    const { language } = interfaceLanguage.get();
    return new Intl.DateTimeFormat(language, { dateStyle: "medium" }).format(new Date(timestamp));
}

/**
 * A language's name in the interface's language.
 *
 * @param {string} code  Such as "en-US".
 */
export function languageName(code) {
    const { language } = interfaceLanguage.get();
    return new Intl.DisplayNames([language], { type: "language" }).of(code) ?? code;
}

/**
 * Is a page's text written from right to left?
 *
 * @param {string} code  Of the text's language, such as "ar" or "en-US".
 * @returns {"rtl" | "ltr"}
 */
export function directionOf(code) {
    return RIGHT_TO_LEFT.has(code.slice(0, 2)) ? "rtl" : "ltr"; // Polly's "arb" is Arabic, too
}
