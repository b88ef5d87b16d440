/** The stories of this stage as far as they were loaded, newest first, and their deletion. */

import { ApiError, deleteStory, listStories, storyState } from "./api.js";
import { announce } from "./announce.js";
import { t } from "./i18n.js";
import { keep, kept } from "./keeping.js";
import { sentenceOf } from "./problems.js";
import { createStore } from "./store.js";

/** @typedef {import("./api.js").Story} Story */

const DELETIONS = "deletions";
const SECONDS_TO_UNDO = 7;
const SECONDS_BETWEEN_LOOKS = 3;
const LOOKS = 40; // a CDN drops its copies in about a minute
const GONE = [404, 410];

export const library = createStore({
    stories: /** @type {Story[]} */ ([]),
    /** null: nothing is left to load; undefined: nothing was loaded. */
    cursor: /** @type {string | null | undefined} */ (undefined),
    isLoading: false,
    problem: "",
    /** Ids of stories that are about to be deleted: not shown. */
    leaving: /** @type {string[]} */ ([]),
});

/**
 * What people call a story: its name without the ending of a file.
 *
 * @param {{ name: string }} story
 */
export function titleOf({ name }) {
    return name.replace(/\.(jpe?g|png|webp|hei[cf]|gif)$/i, "") || name;
}

/** Finish what was deleted when somebody left the page: its request may not have got through. */
async function finishDeletions() {
    const left = await Promise.all(
        deletions().map(async (id) => {
            const error = await deleteStory(id).catch((refusal) => refusal);
            return error instanceof ApiError && error.isTransient && id; // for another time
        }),
    );
    keep(DELETIONS, left.filter(Boolean).join(" ") || null);
}

/** @returns {string[]} */
function deletions() {
    return (kept(DELETIONS) ?? "").split(" ").filter(Boolean);
}

/** Load the newest stories; those that were loaded stay behind them. */
export async function refresh() {
    await loading(async () => {
        await finishDeletions();
        const page = await listStories();
        const { stories, cursor } = library.get();
        const known = new Set(page.stories.map((story) => story.id));
        const oldest = page.stories.at(-1)?.timestamp ?? "";
        const older = stories.filter((story) => !known.has(story.id) && story.timestamp < oldest);
        const isJoined = cursor !== undefined && stories.some((story) => known.has(story.id));
        library.set(
            isJoined
                ? { stories: [...page.stories, ...older] }
                : { stories: page.stories, cursor: page.next_cursor },
        );
    });
}

/** Load what follows the oldest story that was loaded. */
export async function loadMore() {
    const { cursor, isLoading } = library.get();
    if (!cursor || isLoading) return;
    await loading(async () => {
        const page = await listStories({ cursor });
        const { stories } = library.get();
        const known = new Set(stories.map((story) => story.id));
        const older = page.stories.filter((story) => !known.has(story.id));
        library.set({ stories: [...stories, ...older], cursor: page.next_cursor });
    });
}

/** @param {() => Promise<void>} work */
async function loading(work) {
    library.set({ isLoading: true, problem: "" });
    try {
        await work();
    } catch (error) {
        library.set({ problem: sentenceOf(error) });
    }
    library.set({ isLoading: false });
}

/**
 * Put a story's new state where the old one is, or where it belongs.
 *
 * @param {Story} story
 */
export function remember(story) {
    const { stories } = library.get();
    const isKnown = stories.some((each) => each.id === story.id);
    library.set({
        stories: isKnown
            ? stories.map((each) => (each.id === story.id ? story : each))
            : [story, ...stories].sort((a, b) => b.timestamp.localeCompare(a.timestamp)),
    });
}

/**
 * Delete a story in some seconds, unless somebody takes it back; tell when everything is erased.
 *
 * @param {Story} story
 */
export function deleteSoon(story) {
    library.set({ leaving: [...library.get().leaving, story.id] });
    const stay = () => library.set({ leaving: library.get().leaving.filter((id) => id !== story.id) });
    const timer = setTimeout(async () => {
        dismiss();
        removeEventListener("pagehide", now);
        try {
            await deleteStory(story.id);
            forget(story.id);
            await announceErasure(story);
        } catch (error) {
            if (error instanceof ApiError && GONE.includes(error.status)) return forget(story.id);
            stay();
            announce(`${t("library.undeleted", { name: titleOf(story) })} ${sentenceOf(error)}`, { urgent: true });
        }
    }, SECONDS_TO_UNDO * 1000);
    const dismiss = announce(t("library.deleting", { name: titleOf(story) }), {
        action: {
            label: t("library.undo"),
            run() {
                clearTimeout(timer);
                removeEventListener("pagehide", now);
                dismiss();
                stay();
            },
        },
        seconds: SECONDS_TO_UNDO + 1,
    });
    /** Who leaves the page has not taken it back. */
    function now() {
        clearTimeout(timer);
        keep(DELETIONS, [...deletions(), story.id].join(" "));
        deleteStory(story.id).catch(() => {});
    }
    addEventListener("pagehide", now, { once: true });
}

/** @param {string} id */
function forget(id) {
    const { stories, leaving } = library.get();
    library.set({
        stories: stories.filter((story) => story.id !== id),
        leaving: leaving.filter((each) => each !== id),
    });
}

/** @param {Story} story */
async function announceErasure(story) {
    announce(t("library.deleted", { name: titleOf(story) }));
    for (let look = 0; look < LOOKS; look++) {
        await new Promise((resolve) => setTimeout(resolve, SECONDS_BETWEEN_LOOKS * 1000));
        const state = await storyState(story.id).catch(() => null);
        if (state?.erased_at) return announce(t("library.erased", { name: titleOf(story) }));
    }
}

/**
 * Those whose name or text has every word of a search, in any order and case.
 *
 * @param {Story[]} stories
 * @param {string} search
 */
export function found(stories, search) {
    const words = folded(search).split(/\s+/).filter(Boolean);
    return stories.filter((story) => {
        const text = folded(`${story.name} ${story.text ?? ""}`);
        return words.every((word) => text.includes(word));
    });
}

/** @param {string} text */
function folded(text) {
    return text.normalize("NFKD").replace(/\p{Mn}/gu, "").toLowerCase();
}
