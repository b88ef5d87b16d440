/** Stories to read along with, in one shape: one's own, one by a public link, the demo. */

import { ApiError, SECONDS_TO_ANSWER, storyState, unanswered } from "./api.js";

/**
 * @typedef {import("./api.js").Story} Story
 * @typedef {import("./api.js").Skipped} Skipped
 * @typedef {[number, number][]} Polygon  Four corners, in fractions of the page image.
 *
 * @typedef {object} Word  `start` and `end` count code points of the text; `begin` and `until` milliseconds.
 * @property {number} start
 * @property {number} end
 * @property {number} begin
 * @property {number} until
 * @property {Polygon[]} polygons
 *
 * @typedef {{ begin: number, until: number, start: number, end: number }} Sentence
 *
 * @typedef {object} Narration  What is heard, and where it is on the page. The same object as long as it is the same sound.
 * @property {string | null} audio  null: the text is not spoken yet.
 * @property {string} language
 * @property {string} text
 * @property {Word[]} words  Without times, where the words are on the page is all that is known.
 * @property {Sentence[]} sentences
 * @property {boolean} isTimed
 * @property {{ width: number, height: number } | null} image
 * @property {Skipped[]} skipped
 *
 * @typedef {object} Page
 * @property {string} name  Empty if it is not known.
 * @property {Story | null} story  null: it can only be heard.
 * @property {Narration | null} narration  null: the page is not read yet.
 * @property {string[]} images  Addresses of the page image; the next one is for when one is not there.
 * @property {number} width  Of the image, in pixels.
 * @property {number} height
 * @property {boolean} complete
 * @property {boolean} isPending  It is still being read or spoken: ask again.
 * @property {string} failure  Why it could not be made; empty if all went well.
 *
 * @typedef {object} Source
 * @property {"own" | "shared" | "demo"} kind
 * @property {string} id
 * @property {() => Promise<Page>} load  Rejects with an ApiError; code "deleted": it is no longer there.
 */

const REVISIONS_TO_TRY = 6; // a link stays good for some corrections
const MISSING = [403, 404]; // CloudFront answers 403 for a file that is not there
const ASSUMED_SIZE = { width: 1200, height: 900 }; // of a page that was read before sizes were stored

/**
 * @param {string} id
 * @returns {Source}
 */
export function ownStory(id) {
    /** @type {{ key: string, narration: Narration } | null} */
    let last = null;

    /** @param {Story} story */
    async function narrationOf(story) {
        const key = `${story.audio_url} ${story.read_along_url} ${story.audio_url ? "" : story.text}`;
        if (last?.key === key) return last.narration;
        if (story.text === null) return null;
        const [told, times] = await Promise.all([fileOf(story.story_url), fileOf(story.read_along_url)]);
        const narration = narrationFrom({
            audio: story.audio_url,
            told: told ?? { text: story.text, language: story.language, words: [], skipped: story.skipped },
            times,
        });
        last = { key, narration };
        return narration;
    }

    return {
        kind: "own",
        id,
        async load() {
            const story = await storyState(id);
            if (story.status === "deleted") throw gone();
            const narration = await narrationOf(story);
            const { large, medium } = story.renditions;
            const images = [large?.url, medium?.url, story.image_url].filter((url) => url != null);
            const isHeard = story.revision === story.spoken_revision;
            return {
                name: story.name,
                story,
                narration,
                images,
                width: story.image?.width ?? narration?.image?.width ?? ASSUMED_SIZE.width,
                height: story.image?.height ?? narration?.image?.height ?? ASSUMED_SIZE.height,
                complete: story.complete !== false,
                isPending: story.status === "received" || story.status === "read",
                failure: story.status === "failed" && !isHeard ? (story.message ?? "") : "",
            };
        },
    };
}

/**
 * A story by its public files, for people without a token.
 *
 * @param {{ id: string, generation: string, revision: number }} link
 * @returns {Source}
 */
export function sharedStory({ id, generation, revision }) {
    const folder = `/public/${id}/${generation}`;
    const page = keeper();
    return {
        kind: "shared",
        id,
        async load() {
            for (let next = revision; next < revision + REVISIONS_TO_TRY; next++) {
                const told = await fileOf(`${folder}/${next}/story.json`);
                if (told) return page(`${folder}/${next}`, told, [`${folder}/large.jpg`, `${folder}/page.jpg`]);
            }
            throw gone();
        },
    };
}

/** @returns {string}  Where the demo's files are. */
export function demoFolder() {
    return new URL("../demo", import.meta.url).pathname;
}

/** @returns {Source} */
export function demoStory() {
    const folder = demoFolder();
    const page = keeper();
    return {
        kind: "demo",
        id: "demo",
        async load() {
            const told = await fileOf(`${folder}/story.json`);
            if (!told) throw gone();
            return page(folder, told, [`${folder}/page.jpg`]);
        },
    };
}

/** Makes pages, and gives the last one again if it is asked for again: the sound that plays stays. */
function keeper() {
    /** @type {Page | null} */
    let last = null;
    return async (/** @type {string} */ folder, /** @type {any} */ told, /** @type {string[]} */ images) => {
        if (last?.narration?.audio !== soundOf(folder)) last = await publicPage(folder, told, images);
        return last;
    };
}

/** @param {string} folder */
function soundOf(folder) {
    return `${folder}/story.mp3`;
}

/**
 * @param {string} folder  Of the narration.
 * @param {any} told  story.json
 * @param {string[]} images
 * @returns {Promise<Page>}
 */
async function publicPage(folder, told, images) {
    const times = await fileOf(`${folder}/read-along.json`);
    return {
        name: "",
        story: null,
        narration: narrationFrom({ audio: soundOf(folder), told, times }),
        images,
        width: told.image.width,
        height: told.image.height,
        complete: told.complete !== false,
        isPending: false,
        failure: "",
    };
}

/**
 * @param {{ audio: string | null, told: any, times: any }} files  story.json, and read-along.json or null.
 * @returns {Narration}
 */
export function narrationFrom({ audio, told, times }) {
    /** @type {Word[]} */
    const words = times
        ? times.words.map((/** @type {any[]} */ [begin, until, start, end, polygons]) => ({
              begin,
              until,
              start,
              end,
              polygons,
          }))
        : told.words.map((/** @type {any[]} */ [start, end, polygons]) => ({
              begin: 0,
              until: 0,
              start,
              end,
              polygons,
          }));
    return {
        audio,
        language: told.language,
        text: told.text,
        words,
        sentences: (times?.sentences ?? []).map((/** @type {number[]} */ [begin, until, start, end]) => ({
            begin,
            until,
            start,
            end,
        })),
        isTimed: Boolean(times),
        image: told.image ?? null,
        skipped: told.skipped,
    };
}

/**
 * The lines of a text, each with its pieces: words, and what is between them.
 *
 * @param {Narration} narration
 * @returns {{ text: string, word: number }[][]}  `word` is -1 between words.
 */
export function linesOf({ text, words }) {
    const points = Array.from(text); // the files count code points; an emoji is one
    /** @type {{ text: string, word: number }[][]} */
    const lines = [[]];
    let at = 0;
    /** @param {number} end @param {number} word */
    const take = (end, word) => {
        const parts = points.slice(at, end).join("").split("\n");
        parts.forEach((part, index) => {
            if (index > 0) lines.push([]);
            if (part) lines.at(-1)?.push({ text: part, word });
        });
        at = Math.max(at, end);
    };
    words.forEach(({ start, end }, word) => {
        take(start, -1);
        take(end, word);
    });
    take(points.length, -1);
    return lines;
}

/**
 * @param {string | null} path
 * @returns {Promise<any>}  null: there is no such file.
 */
async function fileOf(path) {
    if (!path) return null;
    let response;
    try {
        // A copy that this browser keeps is used only if the file is still there: a deletion counts at once.
        response = await fetch(path, { cache: "no-cache", signal: AbortSignal.timeout(SECONDS_TO_ANSWER * 1000) });
        if (response.ok) return await response.json();
    } catch {
        throw unanswered();
    }
    if (MISSING.includes(response.status)) return null;
    throw new ApiError(response.status, `http_${response.status}`, `The server answered ${response.status}.`);
}

function gone() {
    return new ApiError(410, "deleted", "This story was deleted.");
}
