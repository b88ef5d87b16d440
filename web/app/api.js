/** Calls of Storytime's API, which this page has below /api. */

import { refuse, session } from "./session.js";

/**
 * @typedef {"received" | "read" | "ready" | "failed" | "deleted"} Status
 * @typedef {{ text: string, reason: string, box: number[] }} Skipped
 * @typedef {{ url: string | null, width: number, height: number, bytes: number }} Rendition
 *
 * @typedef {object} Story  As docs/api.md tells; addresses are paths of this page's origin.
 * @property {string} id
 * @property {Status} status
 * @property {string} name
 * @property {string} timestamp
 * @property {string} language
 * @property {string} voice
 * @property {string | null} text
 * @property {number} revision
 * @property {number | null} spoken_revision
 * @property {boolean} read_along
 * @property {boolean | null} complete
 * @property {Skipped[]} skipped
 * @property {string | null} image_url
 * @property {{ url: string | null, width: number | null, height: number | null } | null} image
 * @property {string | null} audio_url
 * @property {number | null} duration_ms
 * @property {string | null} story_url
 * @property {string | null} read_along_url
 * @property {string | null} captions_url
 * @property {Record<string, Rendition>} renditions
 * @property {"received" | "read" | "spoken" | null} [progress]  Of `storyState`.
 * @property {string} [code]  Why it failed, for programs.
 * @property {string} [message]  The same for people.
 * @property {string | null} [erased_at]  When all files of a deleted story were gone.
 *
 * @typedef {{ name: string, read_along: boolean }} Engine
 * @typedef {{ name: string, engines: Engine[] }} Voice
 * @typedef {{ name: string, default_voice: string, voices: Voice[] }} Language
 * @typedef {{ text?: string, name?: string, language?: string, voice?: string }} Correction
 */

const API = "/api";
export const SECONDS_TO_ANSWER = 30; // API Gateway answers after at most 29
const OFFLINE = 0;
const UNAUTHORIZED = 401;
const FORBIDDEN = 403;

/** An answer that is no success, or no answer at all. `message` is a sentence for people, in English. */
export class ApiError extends Error {
    /**
     * @param {number} status  Of HTTP; 0: there was no answer.
     * @param {string} code  Of the API, such as "not_found"; "offline" without an answer.
     * @param {string} message
     * @param {number} retryAfter  Seconds; 0: the API does not say.
     */
    constructor(status, code, message, retryAfter = 0) {
        super(message);
        this.status = status;
        this.code = code;
        this.retryAfter = retryAfter;
    }

    /** Would the same request be answered later? */
    get isTransient() {
        return this.status === OFFLINE || this.status === 429 || this.status >= 500;
    }
}

/**
 * @param {{ cursor?: string | null, limit?: number }} page
 * @returns {Promise<{ stories: Story[], next_cursor: string | null }>}
 */
export async function listStories({ cursor = null, limit = 30 } = {}) {
    const query = new URLSearchParams({ limit: String(limit), ...(cursor && { cursor }) });
    const page = await call("GET", `/stories?${query}`);
    return { ...page, stories: page.stories.map(withPaths) };
}

/**
 * Ask whether the API takes a token; resolves if it does.
 *
 * @param {string} token  Empty: whether it needs none.
 */
export async function tryToken(token) {
    await call("GET", "/stories?limit=1", { token });
}

/**
 * @param {string} id
 * @returns {Promise<Story>}
 */
export async function storyState(id) {
    return withPaths(await call("GET", `/stories/${id}`));
}

/**
 * Ask for many stories at once; each entry has the `status_code` of its own answer.
 *
 * @param {string[]} ids  At most 100.
 * @returns {Promise<(Story & { status_code: number })[]>}
 */
export async function bulk(ids) {
    const entries = await call("POST", "/bulk", {
        body: JSON.stringify(ids.map((id) => ({ id }))),
        headers: { "Content-Type": "application/json", "X-Notification-Required": "false" },
    });
    return entries.map(withPaths);
}

/**
 * @param {string} id
 * @param {Correction} correction
 * @param {number} revision  The one that was corrected.
 * @returns {Promise<Story>}
 */
export async function correct(id, correction, revision) {
    return withPaths(
        await call("PATCH", `/stories/${id}`, {
            body: JSON.stringify(correction),
            headers: { "Content-Type": "application/json", "If-Match": String(revision) },
        }),
    );
}

/** @param {string} id */
export async function deleteStory(id) {
    await call("DELETE", `/stories/${id}`);
}

/** @returns {Promise<{ languages: Language[] }>} */
export async function voices() {
    return call("GET", "/voices");
}

/**
 * Send a photo.
 *
 * @param {Blob} photo
 * @param {object} options
 * @param {string} options.name  Shown to people.
 * @param {string} [options.language]  Such as "en-US"; without it, that of the page's words.
 * @param {string} [options.voice]
 * @param {(part: number) => void} [options.onProgress]  0 to 1.
 * @param {AbortSignal} [options.signal]
 * @returns {Promise<Story & { duplicate: boolean }>}
 */
export function upload(photo, { name, language, voice, onProgress, signal }) {
    const { token } = session.get();
    return new Promise((resolve, reject) => {
        const request = new XMLHttpRequest(); // fetch tells no progress of what it sends
        request.open("POST", `${API}/upload`);
        request.timeout = 120_000;
        const headers = {
            ...authorization(token),
            "Content-Type": photo.type,
            "Content-Disposition": `attachment; filename*=UTF-8''${encodeURIComponent(name)}`,
            "X-Notification-Required": "false",
            ...(language && { "X-Language": language }),
            ...(voice && { "X-Voice": voice }),
        };
        for (const [header, value] of Object.entries(headers)) request.setRequestHeader(header, value);
        request.upload.onprogress = ({ loaded, total }) => onProgress?.(loaded / total);
        request.onload = () => {
            const retryAfter = Number(request.getResponseHeader("Retry-After")) || 0;
            const answer = parsed(request.responseText);
            if (request.status === 200 && answer) resolve(withPaths(answer));
            else reject(refusal(token, request.status, answer, retryAfter));
        };
        request.onerror = request.ontimeout = () => reject(unanswered());
        request.onabort = () => reject(new DOMException("The upload was cancelled.", "AbortError"));
        signal?.addEventListener("abort", () => request.abort());
        request.send(photo);
    });
}

/**
 * @param {string} method
 * @param {string} path  Below /api.
 * @param {{ body?: string, headers?: Record<string, string>, token?: string | null }} [options]
 * @returns {Promise<any>}
 */
async function call(method, path, { body, headers, token = session.get().token } = {}) {
    const signal = AbortSignal.timeout(SECONDS_TO_ANSWER * 1000);
    /** @type {Response} */
    let response;
    let text = "";
    try {
        response = await fetch(API + path, {
            method,
            headers: { ...authorization(token), ...headers },
            ...(body && { body }),
            keepalive: method === "DELETE", // also when the page is left
            signal,
        });
        text = await response.text();
    } catch {
        throw unanswered();
    }
    const answer = parsed(text);
    if (response.ok && answer) return answer;
    throw refusal(token, response.status, answer, Number(response.headers.get("Retry-After")) || 0);
}

/**
 * @param {string | null} token
 * @returns {Record<string, string>}
 */
function authorization(token) {
    // A header takes no other characters, which a cut or quoted token may have.
    return token ? { Authorization: `Bearer ${encodeURIComponent(token)}` } : {};
}

/**
 * @param {string | null} token  The one that was sent.
 * @param {number} status
 * @param {any} answer
 * @param {number} retryAfter
 */
function refusal(token, status, answer, retryAfter) {
    if (status === UNAUTHORIZED || status === FORBIDDEN) refuse(token);
    const code = answer?.code ?? `http_${status}`;
    const message = answer?.message ?? `The server answered ${status}.`;
    return new ApiError(status, code, message, retryAfter);
}

export function unanswered() {
    return new ApiError(OFFLINE, "offline", "There is no connection to the server.");
}

/** @param {string} text */
function parsed(text) {
    try {
        return JSON.parse(text);
    } catch {
        return null;
    }
}

/**
 * Turn the addresses of files into paths: the page and its files have one origin, by whatever name
 * a phone in the same network calls it.
 *
 * @template T
 * @param {T} answer
 * @returns {T}
 */
function withPaths(answer) {
    const text = JSON.stringify(answer, (key, value) =>
        (key === "url" || key.endsWith("_url")) && typeof value === "string" ? pathOf(value) : value,
    );
    return JSON.parse(text);
}

/** @param {string} url */
function pathOf(url) {
    return new URL(url, location.href).pathname;
}
