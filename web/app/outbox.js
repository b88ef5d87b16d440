/** What was captured: kept, shrunk, sent, and followed until it can be heard. */

import { announce, say } from "./announce.js";
import { ApiError, bulk, upload } from "./api.js";
import { t } from "./i18n.js";
import { deleteSoon, library, remember } from "./library.js";
import { changeBy, idsToAsk, nextToSend, nextToShrink, pauseAfter, pollPause } from "./outbox_rules.js";
import { dropPage, storePage, storedPages } from "./outbox_storage.js";
import { PhotoProblem, checked, shrunk } from "./photo.js";
import { sentenceOf } from "./problems.js";
import { address } from "./router.js";
import { session } from "./session.js";
import { createStore } from "./store.js";

/**
 * @typedef {import("./outbox_rules.js").Page} Page
 * @typedef {import("./outbox_rules.js").Problem} Problem
 */

export const outbox = createStore({
    /** In the order of capture. */
    pages: /** @type {Page[]} */ ([]),
    /** Does a reload find them again? False when storage is full or forbidden. */
    isKept: true,
    /** Sending waits for a connection, or until the server has time. */
    trouble: /** @type {"" | "offline" | "busy"} */ (""),
    /** Id of the page that the next photo replaces. */
    replacing: /** @type {string | null} */ (null),
});

const MS_TO_LOAD = 2000; // some browsers' storage never answers
const OUT_OF_MEMORY = "photo.memory";
/** @type {Partial<Page>} */
const FORGOTTEN = { state: "waiting", story: null, attempts: 1 };
/** @type {Map<string, AbortController>} */
const sendings = new Map();
let isShrinking = false;
let isAsking = false;
let failures = 0;
let round = 0;
let sendTimer = 0;
let askTimer = 0;
let askDue = 0;

/** Pages of the visit before are sent on. */
const loaded = storedPages().then(
    (stored) => {
        const pages = stored.map((page) => ({ ...page, part: 0, attempts: 0 }));
        outbox.set({ pages: inOrder([...pages, ...outbox.get().pages]) });
        work();
    },
    () => {}, // no storage: `keep` says so when there is something to keep
);

addEventListener("online", workAnew);
addEventListener("offline", () => outbox.set({ trouble: "offline" }));
addEventListener("beforeunload", (event) => {
    const { isKept, pages } = outbox.get();
    if (!isKept && pages.some(({ story, problem }) => !story && !problem)) event.preventDefault();
});
document.addEventListener("visibilitychange", () => {
    clearTimeout(askTimer);
    askTimer = round = 0;
    askSoon();
});
session.subscribe(workAnew);
address.subscribe(leaveOpened);
library.subscribe(leaveDeleted);

/**
 * Take in photos. What is no photo becomes a page that failed, and says why.
 *
 * @param {Iterable<File>} files
 * @param {{ language?: string }} [options]
 * @returns {Promise<string[]>}  Ids of the pages, in the order of the files.
 */
export async function add(files, { language = "" } = {}) {
    await Promise.race([loaded, new Promise((resolve) => setTimeout(resolve, MS_TO_LOAD))]);
    const added = [];
    for (const file of files) {
        const problem = await checked(file).then(() => null, problemOf);
        const { pages, replacing } = outbox.get();
        const replaced = problem ? undefined : pages.find(({ id }) => id === replacing);
        const order = replaced?.order ?? (pages.at(-1)?.order ?? 0) + 1;
        const page = newPage({ name: file.name, language, order, file, problem });
        if (replaced) remove(replaced.id, { isReplaced: true });
        outbox.set({ pages: inOrder([...outbox.get().pages, page]), replacing: problem ? replacing : null });
        if (page.file) keep(page);
        added.push(page.id);
        work();
    }
    return added;
}

/**
 * @param {Pick<Page, "name" | "language" | "order" | "file" | "problem">} given
 * @returns {Page}
 */
function newPage({ problem, file, ...given }) {
    return {
        ...given,
        id: Math.random().toString(36).slice(2),
        state: problem ? "failed" : "waiting",
        file: problem ? null : file,
        photo: null,
        picture: null,
        story: null,
        problem,
        attempts: 0,
        part: 0,
    };
}

/**
 * Take a page away. If it was sent, its story is deleted; either can be undone for some seconds.
 *
 * @param {string} id
 * @param {{ isReplaced?: boolean }} [options]
 */
export function remove(id, { isReplaced = false } = {}) {
    const page = pageOf(id);
    if (!page) return;
    forget(id);
    if (page.story) {
        if (!page.story.duplicate) deleteSoon(page.story);
    } else if ((page.photo || page.file) && !isReplaced) {
        const dismiss = announce(t("outbox.removed", { name: page.name }), {
            action: {
                label: t("library.undo"),
                run() {
                    dismiss();
                    const again = { ...page, state: /** @type {const} */ ("waiting"), problem: null, attempts: 0, part: 0 };
                    outbox.set({ pages: inOrder([...outbox.get().pages, again]) });
                    keep(again);
                    work();
                },
            },
        });
    }
}

/**
 * Send a page again that failed: the API goes on where it stopped.
 *
 * @param {string} id
 */
export function sendAgain(id) {
    change(id, { state: "waiting", problem: null, story: null, attempts: 0 });
    workAnew();
}

/**
 * The sentence for a page that failed.
 *
 * @param {Problem} problem
 */
export function sentenceFor({ key, code = "", message = "" }) {
    return key ? t(key) : sentenceOf(new ApiError(400, code, message));
}

function work() {
    shrinkNext();
    send();
    askSoon();
}

/** There is a connection again, or a token: nothing waits any longer. */
function workAnew() {
    clearTimeout(sendTimer);
    sendTimer = failures = round = 0;
    if (navigator.onLine) outbox.set({ trouble: "" });
    work();
}

/** One photo at a time: each takes much memory. */
async function shrinkNext() {
    const page = nextToShrink(outbox.get().pages);
    if (!page?.file || isShrinking) return;
    isShrinking = true;
    try {
        change(page.id, { ...(await shrunk(page.file)), file: null });
    } catch (error) {
        fail(page.id, problemOf(error)); // the file stays: perhaps only memory was short
    }
    isShrinking = false;
    work();
}

function send() {
    if (!isAllowed() || sendTimer) return;
    for (const page of nextToSend(outbox.get().pages)) sendOne(page);
}

/** @param {Page} page */
async function sendOne({ id, photo, name, language, attempts }) {
    if (!photo) return;
    const abortion = new AbortController();
    sendings.set(id, abortion);
    change(id, { state: "sending", part: 0 });
    try {
        const story = await upload(photo, {
            name,
            language,
            onProgress: (part) => change(id, { part }),
            signal: abortion.signal,
        });
        failures = round = 0;
        outbox.set({ trouble: "" });
        received(id, story);
    } catch (error) {
        if (!abortion.signal.aborted) unsent(id, attempts, error);
    } finally {
        sendings.delete(id);
    }
    work();
}

/**
 * @param {string} id
 * @param {Story & { duplicate: boolean }} story
 * @typedef {import("./api.js").Story} Story
 */
function received(id, story) {
    const twin = outbox.get().pages.find((page) => page.id !== id && page.story?.id === story.id);
    if (twin) {
        announce(t("outbox.twice", { name: pageOf(id)?.name ?? "" }));
        forget(id);
    } else if (story.audio_url) ready(id, story);
    else change(id, { state: story.status === "read" ? "read" : "received", story, part: 1 });
}

/**
 * @param {string} id
 * @param {number} attempts
 * @param {unknown} error
 */
function unsent(id, attempts, error) {
    const isRefusal = error instanceof ApiError && error.status > 0; // a lost connection says nothing of the page
    change(id, { state: "waiting", part: 0, attempts: attempts + Number(isRefusal) });
    if (!(error instanceof ApiError) || error.isTransient) rest(error);
    else if (isAllowed()) fail(id, { code: error.code, message: error.message });
}

/**
 * Sending rests for some seconds, or until there is a connection.
 *
 * @param {unknown} error
 */
function rest(error) {
    const { status = 0, retryAfter = 0 } = error instanceof ApiError ? error : {};
    const seconds = pauseAfter(++failures, retryAfter);
    outbox.set({ trouble: status ? "busy" : "offline" });
    clearTimeout(sendTimer);
    sendTimer = window.setTimeout(() => {
        sendTimer = 0;
        work();
    }, seconds * 1000);
}

/** Ask about all stories in one call, some seconds from now; only while somebody looks. */
function askSoon(seconds = pollPause(round)) {
    const due = performance.now() + seconds * 1000;
    if (askTimer && askDue <= due) return; // pages that are sent meanwhile must not put it off
    clearTimeout(askTimer);
    askTimer = 0;
    if (isAsking || document.hidden || !isAllowed() || !idsToAsk(outbox.get().pages).length) return;
    askDue = due;
    askTimer = window.setTimeout(ask, seconds * 1000);
}

async function ask() {
    isAsking = true;
    askTimer = 0;
    let pause = pollPause(++round);
    try {
        const entries = await bulk(idsToAsk(outbox.get().pages));
        for (const entry of entries) {
            const page = outbox.get().pages.find(({ story }) => story?.id === entry.id);
            if (!page) continue;
            const isForgotten = entry.status_code === 404 && page.attempts === 0; // once: sent again, it is found
            const changed = isForgotten ? FORGOTTEN : changeBy(entry);
            if (changed.state === "ready" && changed.story) ready(page.id, changed.story);
            else if (changed.state === "failed" && changed.problem) fail(page.id, changed.problem);
            else if (changed.state && changed.state !== page.state) change(page.id, changed);
        }
        send();
    } catch (error) {
        // The API may have no time: nothing is lost, and the next call asks about the same.
        pause = pauseAfter(Math.min(round, 4), error instanceof ApiError ? error.retryAfter : 0);
    }
    isAsking = false;
    askSoon(pause);
}

/**
 * @param {string} id
 * @param {Story & { duplicate?: boolean }} story
 */
function ready(id, story) {
    const page = pageOf(id);
    if (!page) return;
    const { duplicate = false } = page.story ?? story;
    change(id, { state: "ready", story: { ...story, duplicate }, file: null, photo: null, part: 1 });
    remember(story);
    say(t("outbox.said.ready", { name: page.name }));
}

/**
 * @param {string} id
 * @param {Problem} problem
 */
function fail(id, problem) {
    const page = pageOf(id);
    if (!page) return;
    change(id, { state: "failed", problem });
    say(`${page.name}: ${sentenceFor(problem)}`);
}

/** A page that was opened to hear it is on the shelf, and leaves when the person comes back. */
function leaveOpened() {
    const { route } = address.get();
    for (const { id, state, story } of outbox.get().pages) {
        if (opened.has(id)) forget(id);
        else if (state === "ready" && route.screen === "story" && story?.id === route.id) opened.add(id);
    }
}

/** A page whose story was deleted here leaves, too. */
function leaveDeleted() {
    const { leaving, stories } = library.get();
    const deleted = left.filter((id) => !leaving.includes(id) && !stories.some((story) => story.id === id));
    left = leaving;
    for (const { id, story } of outbox.get().pages) if (story && deleted.includes(story.id)) forget(id);
}
/** Ids of stories that were about to be deleted. @type {string[]} */
let left = [];
/** @type {Set<string>} */
const opened = new Set();

/**
 * @param {string} id
 * @param {Partial<Page>} changed
 */
function change(id, changed) {
    const page = pageOf(id);
    if (!page) return; // removed meanwhile
    const now = { ...page, ...changed };
    outbox.set({ pages: outbox.get().pages.map((each) => (each === page ? now : each)) });
    if (changed.state === "ready") dropPage(id).catch(() => {}); // it is on the shelf
    else if (["photo", "story", "problem"].some((field) => field in changed)) keep(now);
}

/** @param {string} id */
function forget(id) {
    sendings.get(id)?.abort();
    opened.delete(id);
    const { pages, replacing } = outbox.get();
    outbox.set({
        pages: pages.filter((page) => page.id !== id),
        replacing: replacing === id ? null : replacing,
    });
    dropPage(id).catch(() => {});
}

/**
 * Keep a page for the next visit. While it is sent, it counts as waiting: whoever opens this page
 * again sends the same bytes, which are the same story.
 *
 * @param {Page} page
 */
async function keep(page) {
    const { isKept } = outbox.get();
    try {
        await storePage({ ...page, state: page.state === "sending" ? "waiting" : page.state });
        if (!pageOf(page.id)) await dropPage(page.id);
    } catch {
        if (isKept) announce(t("outbox.unkept"), { urgent: true, seconds: 20 });
        outbox.set({ isKept: false });
    }
}

/** @param {string} id */
function pageOf(id) {
    return outbox.get().pages.find((page) => page.id === id);
}

function isAllowed() {
    const { token, refused } = session.get();
    return token !== null && !refused;
}

/** @param {Page[]} pages */
function inOrder(pages) {
    return [...pages].sort((a, b) => a.order - b.order);
}

/**
 * @param {unknown} error
 * @returns {Problem}
 */
function problemOf(error) {
    return { key: error instanceof PhotoProblem ? error.message : OUT_OF_MEMORY };
}
