/** The page with its words, on the photo and as text: tap one to play from it, hold it to hear it alone. */

import { html, useEffect, useRef, useState } from "./html.js";
import { directionOf, t } from "./i18n.js";
import { outlineOf } from "./highlight.js";
import { linesOf } from "./story_source.js";

/**
 * @typedef {import("./story_source.js").Narration} Narration
 * @typedef {import("./story_source.js").Page} Page
 * @typedef {(index: number, isAlone: boolean) => void} Choose
 */

const MS_TO_HOLD = 500;
const PIXELS_OF_A_TAP = 12; // a finger that moves farther scrolls
const PIXELS_BESIDE = 24; // a tap next to a small word means it

/**
 * The photo; what is drawn on it is for eyes and fingers, the text beside it is for all others.
 *
 * @param {{ page: Page, narration: Narration | null, showsSkipped: boolean, choose: Choose }} props
 */
export function Photo({ page, narration, showsSkipped, choose }) {
    const [missing, setMissing] = useState(0);
    /** @type {{ current: SVGElement | null }} */
    const drawing = useRef(null);
    const image = page.images[Math.min(missing, page.images.length - 1)];
    const { width, height } = page;
    const skipped = showsSkipped ? (page.story?.skipped ?? narration?.skipped ?? []) : [];
    useTaps(drawing, choose, narration);
    if (!image) return html`<div class="photo blank"></div>`;
    return html`
        <div class="photo">
            <img
                src=${image}
                width=${width}
                height=${height}
                alt=${narration ? t("reader.photo") : t("reader.photo.unread")}
                onError=${() => setMissing(missing + 1)}
            />
            <svg ref=${drawing} viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" aria-hidden="true">
                ${narration?.words.map(
                    ({ polygons }, index) =>
                        polygons.length > 0 &&
                        html`<path class="target" data-word=${index} d=${outlineOf(polygons, page, width / 600)} />`,
                )}
                ${skipped.map(({ box }) => {
                    const [left = 0, top = 0, right = 0, bottom = 0] = box;
                    const corners = /** @type {[number, number][]} */ (
                        [[left, top], [right, top], [right, bottom], [left, bottom]]
                    );
                    const outline = outlineOf([corners], page);
                    return html`<path class="skipped edge" d=${outline} /><path class="skipped" d=${outline} />`;
                })}
                <g class="chosen"><path class="edge" /><path /></g>
                <g class="lit"><path class="edge" /><path /></g>
            </svg>
        </div>
    `;
}

/**
 * The text. All its words are one stop of the tab key; arrows move between them.
 *
 * @param {{ narration: Narration, choose: Choose, label: string }} props
 */
export function Text({ narration, choose, label }) {
    /** @type {{ current: HTMLElement | null }} */
    const place = useRef(null);
    const { isTimed, language } = narration;
    useTaps(place, choose, narration);
    useEffect(() => {
        if (place.current && isTimed) return rove(place.current, narration, choose);
    }, [narration, choose]);
    return html`
        <div
            ref=${place}
            class="text"
            role="group"
            aria-label=${label}
            aria-describedby=${isTimed ? "words-help" : undefined}
            lang=${language}
            dir=${directionOf(language)}
        >
            ${linesOf(narration).map(
                (pieces) => html`
                    <p>
                        ${pieces.map(({ text, word }) =>
                            word < 0 || !isTimed ? text : html`<span class="word" data-word=${word}>${text}</span>`,
                        )}
                    </p>
                `,
            )}
        </div>
        ${isTimed && html`<p id="words-help" class="unseen">${t("reader.words.help")}</p>`}
    `;
}

/**
 * Tell taps from holds, on the words below an element.
 *
 * @param {{ current: Element | null }} place
 * @param {Choose} choose
 * @param {Narration | null} narration
 */
function useTaps(place, choose, narration) {
    useEffect(() => {
        const element = place.current;
        if (!element || !narration?.isTimed) return undefined;
        const listening = new AbortController();
        const { signal } = listening;
        /** @type {ReturnType<typeof setTimeout> | undefined} */
        let timer;
        let isHeld = false;
        let [x, y] = [0, 0];
        const release = () => clearTimeout(timer);
        /** @param {string} type @param {(event: any) => void} listener */
        const on = (type, listener) => element.addEventListener(type, listener, { signal });
        on("pointerdown", (event) => {
            release();
            isHeld = false;
            const word = wordNear(element, event);
            if (word < 0 || event.button !== 0 || !event.isPrimary) return;
            [x, y] = [event.clientX, event.clientY];
            timer = setTimeout(() => {
                isHeld = true;
                choose(word, true);
            }, MS_TO_HOLD);
        });
        on("pointermove", (event) => {
            if (Math.hypot(event.clientX - x, event.clientY - y) > PIXELS_OF_A_TAP) release();
        });
        for (const type of ["pointerup", "pointercancel", "pointerleave"]) on(type, release);
        on("contextmenu", (event) => {
            if (isHeld || event.pointerType === "touch") event.preventDefault();
        });
        on("click", (event) => {
            release();
            const word = wordNear(element, event);
            const hasMarkedText = getSelection()?.isCollapsed === false;
            if (!isHeld && word >= 0 && !hasMarkedText) choose(word, event.shiftKey);
            isHeld = false;
        });
        return () => {
            release();
            listening.abort();
        };
    }, [choose, narration]);
}

/**
 * @param {Element} place
 * @param {PointerEvent} event
 * @returns {number}  -1: there is none.
 */
function wordNear(place, { target, clientX, clientY }) {
    const touched = /** @type {Element} */ (target).closest("[data-word]");
    if (touched) return Number(touched.getAttribute("data-word"));
    if (!(place instanceof SVGElement)) return -1; // in a text, taps between words choose nothing
    let [nearest, distance] = [-1, PIXELS_BESIDE];
    for (const word of place.querySelectorAll("[data-word]")) {
        const { left, right, top, bottom } = word.getBoundingClientRect();
        const aside = Math.max(left - clientX, 0, clientX - right);
        const away = Math.hypot(aside, Math.max(top - clientY, 0, clientY - bottom));
        if (away < distance) [nearest, distance] = [Number(word.getAttribute("data-word")), away];
    }
    return nearest;
}

/**
 * Let the keyboard move between words: one of them is a button, in the order of the tab key; all
 * others are plain text, so that screen readers read sentences.
 *
 * @param {HTMLElement} text
 * @param {Narration} narration
 * @param {Choose} choose
 * @returns {() => void}  Ends it.
 */
function rove(text, narration, choose) {
    const words = /** @type {HTMLElement[]} */ ([...text.querySelectorAll("[data-word]")]);
    /** @type {HTMLElement | undefined} */
    let now;
    /** @param {HTMLElement | undefined} word */
    function make(word) {
        if (!word || word === now) return;
        now?.removeAttribute("tabindex");
        now?.removeAttribute("role");
        word.setAttribute("tabindex", "0");
        word.setAttribute("role", "button");
        now = word;
    }
    /** @param {HTMLElement} word @param {number} step */
    function sentenceFrom(word, step) {
        const start = narration.words[indexOf(word)]?.start ?? 0;
        const { sentences } = narration;
        const at = sentences.findIndex((sentence) => sentence.start <= start && start < sentence.end);
        const target = sentences[Math.min(Math.max(at + step, 0), sentences.length - 1)];
        return words.find((each) => (narration.words[indexOf(each)]?.start ?? 0) >= (target?.start ?? 0));
    }
    /** @param {KeyboardEvent} event */
    function onKey(event) {
        if (!now || event.target !== now || event.altKey || event.ctrlKey || event.metaKey) return;
        const on = directionOf(narration.language) === "rtl" ? -1 : 1;
        const at = words.indexOf(now);
        /** @type {Record<string, () => HTMLElement | undefined>} */
        const moves = {
            ArrowRight: () => words[at + on],
            ArrowLeft: () => words[at - on],
            ArrowDown: () => sentenceFrom(words[at] ?? text, 1),
            ArrowUp: () => sentenceFrom(words[at] ?? text, -1),
            Home: () => words[0],
            End: () => words.at(-1),
        };
        if (event.key === "Enter") choose(indexOf(now), event.shiftKey);
        else if (event.key in moves) {
            make(moves[event.key]?.());
            now.focus();
        } else return;
        event.preventDefault();
        event.stopPropagation();
    }
    /** @param {Event} event */
    const onFocus = (event) => make(/** @type {HTMLElement} */ (event.target).closest("[data-word]") ?? undefined);
    make(words[0]);
    text.addEventListener("keydown", onKey);
    text.addEventListener("focusin", onFocus);
    return () => {
        now?.removeAttribute("tabindex");
        now?.removeAttribute("role");
        text.removeEventListener("keydown", onKey);
        text.removeEventListener("focusin", onFocus);
    };
}

/** @param {HTMLElement} word */
function indexOf(word) {
    return Number(word.dataset.word);
}
