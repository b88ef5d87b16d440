/** Reading along: the page, and the word that is spoken lit on it and in its text. */

import { announce, say } from "./announce.js";
import { ApiError } from "./api.js";
import { Controls, Switch } from "./controls.js";
import { Correction, Share, linkOf } from "./correction.js";
import { Frame, Icon } from "./frame.js";
import { follow, lights, wordAt } from "./highlight.js";
import { html, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "./html.js";
import { t } from "./i18n.js";
import { keep, kept } from "./keeping.js";
import { deleteSoon, library, loadMore, refresh, remember, titleOf } from "./library.js";
import * as sound from "./playback.js";
import { pollPause } from "./outbox_rules.js";
import { sentenceOf } from "./problems.js";
import { goTo, replaceWith } from "./router.js";
import { useStore } from "./store.js";
import { Photo, Text } from "./words.js";

/**
 * @typedef {import("./api.js").Story} Story
 * @typedef {import("./story_source.js").Source} Source
 * @typedef {import("./story_source.js").Page} Page
 * @typedef {import("./story_source.js").Narration} Narration
 */

const PAGES_TO_LOAD = 10; // of the library, to find what is next to an old story
const NARROW = "(max-width: 799px) and (orientation: portrait), (max-width: 559px)"; // as reader.css has it
const MS_OF_OWN_SCROLLING = 4000; // who has just scrolled is not pulled away

/** Does the page that comes next play at once? Set by turning pages while listening. */
let playsNext = false;

/** @param {{ source: Source }} props */
export function Reader({ source: given }) {
    const [source] = useState(given);
    const { page, problem, look } = usePage(source);
    const [view, setView] = useState(kept("view") === "text" ? "text" : "photo");
    const [showsSkipped, setShowsSkipped] = useState(false);
    const [open, setOpen] = useState(/** @type {"" | "correction" | "share"} */ (""));
    const neighbours = useNeighbours(source);
    // Turning the page would lose a correction that is being typed.
    const { back, on } = open === "correction" ? { back: null, on: null } : neighbours;
    /** @type {{ current: HTMLElement | null }} */
    const stage = useRef(null);
    const narration = page?.narration ?? null;
    const story = page?.story ?? null;
    const title = page?.name ? titleOf(page) : t("reader.title");
    const turn = useTurns(back, on);

    useSound(page, title, turn);
    useLight(stage, page, open);

    /** @type {import("./words.js").Choose} */
    const choose = useCallback(
        (index, isAlone) => {
            const word = narration?.words[index];
            if (!word || !narration?.audio) return;
            if (isAlone || sound.playback.get().isSingle) sound.hearAlone(word);
            else sound.playFrom(word.begin);
        },
        [narration],
    );

    function closeCorrection() {
        setOpen("");
        /** @type {HTMLElement | null} */ (document.querySelector(".tools [aria-expanded]"))?.focus();
    }

    function switchView() {
        const next = view === "photo" ? "text" : "photo";
        keep("view", next);
        setView(next);
    }

    /** @param {Story} now */
    function corrected(now) {
        remember(now);
        closeCorrection();
        announce(t(now.revision === now.spoken_revision ? "correction.saved" : "correction.spoken.soon"));
        look();
    }

    function remove() {
        if (!story) return;
        deleteSoon(story);
        goTo("#/");
    }

    const link = source.kind === "own" ? linkOf(story?.audio_url ?? null) : null;
    const tools = html`
        ${narration &&
        page?.images.length &&
        html`<span class="one-at-a-time">
            <${Switch} name="text" label="reader.view.text" isOn=${view === "text"} change=${switchView} />
        </span>`}
        ${story?.audio_url &&
        html`<button
            class="button quiet"
            aria-label=${t("correction.open")}
            title=${t("correction.open")}
            aria-expanded=${String(open === "correction")}
            onClick=${() => setOpen(open === "correction" ? "" : "correction")}
        >
            <${Icon} name="edit" />
        </button>`}
        ${link &&
        html`<button
            class="button quiet"
            aria-label=${t("share.open")}
            title=${t("share.open")}
            onClick=${() => setOpen("share")}
        >
            <${Icon} name="share" />
        </button>`}
    `;
    const photo = useMemo(
        () =>
            page &&
            html`<${Photo} page=${page} narration=${narration} showsSkipped=${showsSkipped} choose=${choose} />`,
        [narration, page?.images.join(), showsSkipped, choose, title],
    );
    return html`
        <${Frame} title=${title} back="#/" tools=${tools} className="reader">
            ${problem && html`<${Problem} source=${source} problem=${problem} hasPage=${page !== null} again=${look} />`}
            ${!page && !problem && html`<p role="status">${t("reader.loading")}</p>`}
            ${page &&
            html`
                <div class="stage" data-view=${open === "correction" ? "both" : view} ref=${stage}>
                    ${photo}
                    <div class="beside">
                        <${State} page=${page} />
                        ${open === "correction" && story
                            ? html`<${Correction}
                                  story=${story}
                                  done=${corrected}
                                  close=${closeCorrection}
                                  remove=${remove}
                              />`
                            : narration &&
                              html`<${Text} narration=${narration} choose=${choose} label=${t("reader.text")} />`}
                        ${page && html`<${Left} page=${page} isShown=${showsSkipped} show=${setShowsSkipped} />`}
                    </div>
                </div>
                <${Controls}
                    narration=${narration}
                    hasPages=${source.kind === "own"}
                    back=${back && turn.back}
                    on=${on && turn.on}
                    reload=${() => {
                        look();
                        sound.retry();
                    }}
                />
            `}
            ${open === "share" &&
            link &&
            html`<${Share} link=${link} title=${title} close=${() => setOpen("")} />`}
        </${Frame}>
    `;
}

/**
 * Load a story, and look again as long as it is read or spoken.
 *
 * @param {Source} source
 * @returns {{ page: Page | null, problem: unknown, look: () => void }}
 */
function usePage(source) {
    const [page, setPage] = useState(/** @type {Page | null} */ (null));
    const [problem, setProblem] = useState(/** @type {unknown} */ (null));
    const [round, setRound] = useState(0);
    useEffect(() => {
        let isOver = false;
        let looks = 0;
        /** @type {ReturnType<typeof setTimeout> | undefined} */
        let timer;
        const later = () => {
            timer = setTimeout(look, pollPause(looks++) * 1000);
        };
        async function look() {
            try {
                const found = await source.load();
                if (isOver) return;
                setPage(found);
                setProblem(null);
                if (found.isPending) later();
            } catch (error) {
                if (isOver) return;
                setProblem(error ?? "unknown");
                if (error instanceof ApiError && error.isTransient) later();
            }
        }
        look();
        return () => {
            isOver = true;
            clearTimeout(timer);
        };
    }, [source, round]);
    return { page, problem, look: useCallback(() => setRound((last) => last + 1), []) };
}

/**
 * The pages that were taken before and after this one.
 *
 * @param {Source} source
 * @returns {{ back: Story | null, on: Story | null }}
 */
function useNeighbours(source) {
    const { stories, cursor, leaving, isLoading, problem } = useStore(library);
    const loads = useRef(0);
    const isOwn = source.kind === "own";
    const heard = stories.filter(({ id, audio_url: url }) => id === source.id || (url && !leaving.includes(id)));
    const index = heard.findIndex(({ id }) => id === source.id);
    const isNext = index < 0 || index === heard.length - 1;
    useEffect(() => {
        if (isOwn) refresh();
    }, [isOwn]);
    useEffect(() => {
        if (!isOwn || !isNext || !cursor || isLoading || problem || loads.current >= PAGES_TO_LOAD) return;
        loads.current++;
        loadMore();
    }, [isOwn, isNext, cursor, isLoading, problem]);
    if (!isOwn || index < 0) return { back: null, on: null };
    return { back: heard[index + 1] ?? null, on: heard[index - 1] ?? null }; // the newest is the first
}

/**
 * @param {Story | null} back
 * @param {Story | null} on
 */
function useTurns(back, on) {
    const pages = useRef({ back, on });
    pages.current = { back, on };
    return useMemo(() => {
        /** @param {"back" | "on"} side @param {boolean} plays */
        const turn = (side, plays) => {
            const story = pages.current[side];
            if (!story) return;
            playsNext = plays;
            replaceWith(`#/story/${story.id}`);
            say(t("reader.page.now", { name: titleOf(story) }));
        };
        return {
            back: () => turn("back", !sound.audio.paused),
            on: () => turn("on", !sound.audio.paused),
            ended: () => {
                if (sound.playback.get().playsOn) turn("on", true);
            },
        };
    }, []);
}

/**
 * Bring the story's sound in, and take it away with the screen.
 *
 * @param {Page | null} page
 * @param {string} title
 * @param {{ back: () => void, on: () => void, ended: () => void }} turn
 */
function useSound(page, title, turn) {
    const narration = page?.narration ?? null;
    const audio = narration?.audio ?? null;
    const image = page?.images[0];
    const isOwn = Boolean(page?.story);
    /** @type {{ current: Narration | null }} */
    const before = useRef(null);

    useEffect(() => {
        if (!narration || !audio) return;
        const isNew = before.current !== null; // a correction was spoken meanwhile
        const isPlaying = !sound.audio.paused;
        const heard = before.current?.sentences ?? [];
        const sentence = heard.filter(({ begin }) => begin <= sound.audio.currentTime * 1000).length - 1;
        before.current = narration;
        const at = isNew ? (narration.sentences[Math.max(0, sentence)]?.begin ?? 0) : undefined;
        sound.open({ ...narration, audio }, { at, plays: isNew ? isPlaying : playsNext, ended: turn.ended });
        playsNext = false;
        if (isNew) announce(t("correction.spoken"));
    }, [narration, audio]);

    useEffect(() => sound.close, []);

    useEffect(() => {
        const before = document.title;
        document.title = `${title} · Storytime`;
        return () => {
            document.title = before;
        };
    }, [title]);

    useEffect(() => {
        if (audio === null) return undefined;
        return sound.showOnLockScreen({
            title,
            image,
            back: isOwn ? turn.back : null,
            on: isOwn ? turn.on : null,
        });
    }, [audio, title, image, isOwn]);

    useEffect(() => {
        if (audio !== null && page?.story) keep("last-story", page.story.id);
    }, [audio, page?.story?.id]);
}

/**
 * Light the word that is spoken, and keep it in sight.
 *
 * @param {{ current: HTMLElement | null }} stage
 * @param {Page | null} page
 * @param {string} open  What is open in the place of the text.
 */
function useLight(stage, page, open) {
    const narration = page?.narration ?? null;
    const isDrawn = page !== null;
    useLayoutEffect(() => {
        const place = stage.current;
        if (!place || !page || !narration?.isTimed) return undefined;
        const { words } = narration;
        const [photo, text] = [place.querySelector(".photo svg"), place.querySelector(".text")];
        const light = lights({ words, image: page, photo, text });
        let lastScroll = -Infinity;
        const scrolled = () => {
            lastScroll = performance.now();
        };
        addEventListener("wheel", scrolled, { passive: true });
        addEventListener("touchmove", scrolled, { passive: true });
        const end = follow(sound.audio, (ms) => {
            const isOther = light(wordAt(words, ms));
            const isFree = performance.now() - lastScroll > MS_OF_OWN_SCROLLING;
            if (isOther && !sound.audio.paused && isFree) bringIntoSight(place);
        });

        // A word that has the focus is marked on the photo, too.
        const choose = lights({ words, image: page, photo, text: null, group: "chosen" });
        /** @param {Event} event */
        const mark = ({ type, target }) => {
            const word = /** @type {Element} */ (target).closest(".text [data-word]:focus-visible");
            choose(word && type === "focusin" ? Number(word.getAttribute("data-word")) : -1);
        };
        place.addEventListener("focusin", mark);
        place.addEventListener("focusout", mark);
        return () => {
            end();
            light(-1);
            choose(-1);
            removeEventListener("wheel", scrolled);
            removeEventListener("touchmove", scrolled);
            place.removeEventListener("focusin", mark);
            place.removeEventListener("focusout", mark);
        };
    }, [narration, isDrawn, open]);
}

/**
 * Scroll, calmly and only if need be: once a line or less.
 *
 * @param {HTMLElement} stage
 */
function bringIntoSight(stage) {
    if ((visualViewport?.scale ?? 1) > 1.01) return; // who has zoomed in looks where they want
    const [text, photo] = [stage.querySelector(".text [data-lit]"), stage.querySelector(".photo .lit path")];
    const followsPhoto = stage.dataset.view === "photo" && matchMedia(NARROW).matches; // else it stays in sight
    const seen = (followsPhoto ? [photo, text] : [text, photo]).find((each) => each?.getBoundingClientRect().width);
    if (!seen) return;
    const { top, bottom } = seen.getBoundingClientRect();
    const end = document.querySelector(".player")?.getBoundingClientRect().top ?? innerHeight;
    if (top >= 0 && bottom <= end - 8) return;
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    scrollBy({ top: top - end / 4, behavior: isCalm ? "instant" : "smooth" });
}

/** @param {{ source: Source, problem: unknown, hasPage: boolean, again: () => void }} props */
function Problem({ source, problem, hasPage, again }) {
    const status = problem instanceof ApiError ? problem.status : -1;
    const isGone = status === 404 || status === 410;
    const isRefused = status === 401 || status === 403;
    const sentence = isGone
        ? t(source.kind === "shared" ? "reader.gone.shared" : status === 404 ? "problem.not_found" : "reader.gone")
        : isRefused
          ? t("join.refused")
          : sentenceOf(problem);
    return html`
        <p class="problem notice" role="alert">
            ${sentence} ${hasPage && t("reader.still.plays")}
            ${isGone
                ? html`<a class="button" href="#/">${t("reader.to.shelf")}</a>`
                : isRefused
                  ? html`<a class="button" href="#/">${t("join.join")}</a>`
                  : html`<button class="button" onClick=${again}>${t("reader.again")}</button>`}
        </p>
    `;
}

/** How far the page is, and what is not as it should be. @param {{ page: Page }} props */
function State({ page: { story, narration, isPending, complete, failure } }) {
    const isHeard = Boolean(narration?.audio);
    const steps = ["received", "read", "spoken"];
    const now = steps.indexOf(story?.progress ?? "received");
    return html`
        ${isPending &&
        isHeard &&
        html`<p class="notice" role="status">${t("correction.being.spoken")}</p>`}
        ${isPending &&
        !isHeard &&
        html`
            <ol class="steps" role="status">
                ${steps.map(
                    (step, index) => html`
                        <li aria-current=${index === now + 1 ? "step" : undefined} data-done=${index <= now ? "" : undefined}>
                            ${index <= now && html`<${Icon} name="done" />`}${t(`reader.step.${step}`)}
                        </li>
                    `,
                )}
            </ol>
        `}
        ${failure &&
        html`
            <p class="problem notice" role="alert">
                ${isHeard && t("correction.failed")} ${failure}
                ${!isHeard && html`<a class="button" href="#/take">${t("reader.take.again")}</a>`}
            </p>
        `}
        ${isHeard && !narration?.isTimed && html`<p class="notice">${t("reader.untimed")}</p>`}
        ${!complete && html`<p class="notice">${t("reader.incomplete")}</p>`}
    `;
}

/**
 * What is on the page and not in its text.
 *
 * @param {{ page: Page, isShown: boolean, show: (isShown: boolean) => void }} props
 */
function Left({ page, isShown, show }) {
    const skipped = page.story?.skipped ?? page.narration?.skipped ?? [];
    if (skipped.length === 0) return null;
    return html`
        <details class="left">
            <summary>${t("skipped.title", { count: skipped.length })}</summary>
            <label class="check">
                <input
                    type="checkbox"
                    checked=${isShown}
                    onChange=${(/** @type {any} */ event) => show(event.target.checked)}
                />
                ${t("skipped.show")}
            </label>
            <ul>
                ${skipped.map(({ text, reason }) => {
                    const key = `skipped.${reason}`;
                    const why = t(key) === key ? t("skipped.other") : t(key);
                    return html`<li><bdi>${text}</bdi><span class="help">${why}</span></li>`;
                })}
            </ul>
        </details>
    `;
}
