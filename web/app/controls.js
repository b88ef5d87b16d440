/** What plays the page: buttons, place, speed, repetition; and the same by keys. */

import { announce } from "./announce.js";
import { Icon } from "./frame.js";
import { follow } from "./highlight.js";
import { html, useEffect, useRef } from "./html.js";
import { t } from "./i18n.js";
import * as sound from "./playback.js";
import { hasShortcuts } from "./settings.js";
import { useStore } from "./store.js";

/** What has keys of its own: shortcuts leave it alone. */
const FIELDS = "input, textarea, select, dialog, [contenteditable]";
const PRESSED_BY_SPACE = "button, a, summary";
const MS_BETWEEN_LOOKS = 250;

/**
 * @typedef {object} Props
 * @property {import("./story_source.js").Narration | null} narration  null, or without audio: nothing can be played yet.
 * @property {boolean} hasPages  Are there other pages at all?
 * @property {(() => void) | null} back  To the page before; null: there is none.
 * @property {(() => void) | null} on
 * @property {() => void} reload  Looks whether the story is still there, and loads its sound again.
 */

/** @param {Props} props */
export function Controls({ narration, hasPages, back, on, reload }) {
    const { isPlaying, sound: state, rate, repeat, playsOn, isSingle } = useStore(sound.playback);
    const isSilent = !narration?.audio;
    const isTimed = Boolean(narration?.isTimed) && !isSilent;
    useShortcuts(isSilent, isTimed, back, on);
    return html`
        <section class="player" aria-label=${t("reader.player")}>
            <p class="problem" role="alert">
                ${state !== "good" && t(`reader.sound.${state}`)}
                ${(state === "slow" || state === "failed") &&
                html`<button class="button" onClick=${reload}>${t("reader.again")}</button>`}
            </p>
            <${Timeline} isSilent=${isSilent} />
            <div class="transport">
                ${hasPages && html`<${Step} name="first" label="reader.page.back" run=${back} />`}
                <${Step} name="earlier" label="reader.sentence.back" run=${isTimed ? () => sound.moveSentence(-1) : null} />
                <button
                    class="button primary play"
                    aria-label=${t(isPlaying ? "reader.pause" : "reader.play")}
                    disabled=${isSilent}
                    onClick=${sound.toggle}
                >
                    <${Icon} name=${isPlaying ? "pause" : "play"} />
                </button>
                <${Step} name="later" label="reader.sentence.on" run=${isTimed ? () => sound.moveSentence(1) : null} />
                ${hasPages && html`<${Step} name="last" label="reader.page.on" run=${on} />`}
            </div>
            <div class="options">
                <select
                    aria-label=${t("reader.rate")}
                    value=${String(rate)}
                    onChange=${(/** @type {any} */ event) => sound.setRate(Number(event.target.value))}
                >
                    ${sound.RATES.map(
                        (each) => html`<option value=${String(each)}>${t("reader.rate.value", { rate: each })}</option>`,
                    )}
                </select>
                <select
                    aria-label=${t("reader.repeat")}
                    value=${repeat}
                    onChange=${(/** @type {any} */ event) => sound.setRepeat(event.target.value)}
                >
                    ${sound.REPEATS.filter((each) => isTimed || each !== "sentence").map(
                        (each) => html`<option value=${each}>${t(`reader.repeat.${each}`)}</option>`,
                    )}
                </select>
                ${isTimed &&
                html`<${Switch}
                    name="word"
                    label="reader.single"
                    isOn=${isSingle}
                    tells=${true}
                    change=${(/** @type {boolean} */ isSingle) => sound.playback.set({ isSingle })}
                />`}
                ${hasPages &&
                html`<${Switch}
                    name="flow"
                    label="reader.plays.on"
                    isOn=${playsOn}
                    tells=${true}
                    change=${sound.setPlaysOn}
                />`}
            </div>
        </section>
    `;
}

/** @param {{ name: string, label: string, run: (() => void) | null }} props  null: it cannot be done now. */
function Step({ name, label, run }) {
    return html`
        <button class="button quiet" aria-label=${t(label)} title=${t(label)} disabled=${!run} onClick=${run}>
            <${Icon} name=${name} mirrored=${true} />
        </button>
    `;
}

/**
 * @param {object} props
 * @param {string} props.name
 * @param {string} props.label
 * @param {boolean} props.isOn
 * @param {(isOn: boolean) => void} props.change
 * @param {boolean} [props.tells]  Says what it does when it is switched on.
 */
export function Switch({ name, label, isOn, change, tells = false }) {
    return html`
        <button
            class="button quiet"
            aria-label=${t(label)}
            title=${t(label)}
            aria-pressed=${String(isOn)}
            onClick=${() => {
                change(!isOn);
                if (!isOn && tells) announce(t(label)); // fingers see no title of a button
            }}
        >
            <${Icon} name=${name} />
        </button>
    `;
}

/**
 * Where the sound is. It is written past the view library, four times a second.
 *
 * @param {{ isSilent: boolean }} props
 */
function Timeline({ isSilent }) {
    /** @type {{ current: HTMLInputElement | null }} */
    const slider = useRef(null);
    useEffect(() => {
        let shown = -1;
        return follow(sound.audio, (ms) => {
            const { duration } = sound.audio;
            const look = Math.floor(ms / MS_BETWEEN_LOOKS);
            if (!slider.current || look === shown || !Number.isFinite(duration)) return;
            shown = look;
            const total = Math.ceil(duration);
            if (slider.current.max !== String(total)) slider.current.max = String(total);
            slider.current.value = String(ms / 1000);
            const told = t("reader.time", { now: Math.floor(ms / 1000), total });
            if (slider.current.getAttribute("aria-valuetext") !== told) {
                slider.current.setAttribute("aria-valuetext", told);
            }
        });
    }, []);
    return html`
        <input
            ref=${slider}
            class="timeline"
            type="range"
            min="0"
            max="1"
            step="any"
            aria-label=${t("reader.place")}
            disabled=${isSilent}
            onInput=${(/** @type {any} */ event) => sound.seek(Number(event.target.value) * 1000)}
        />
    `;
}

/**
 * @param {boolean} isSilent
 * @param {boolean} isTimed
 * @param {(() => void) | null} back
 * @param {(() => void) | null} on
 */
function useShortcuts(isSilent, isTimed, back, on) {
    useEffect(() => {
        /** @param {KeyboardEvent} event */
        function onKey(event) {
            const element = /** @type {Element} */ (event.target);
            const hasModifier = event.altKey || event.ctrlKey || event.metaKey || event.shiftKey;
            if (!hasShortcuts() || hasModifier || element.closest(FIELDS)) return;
            if (event.key === " " && element.closest(PRESSED_BY_SPACE)) return;
            const side = document.documentElement.dir === "rtl" ? -1 : 1;
            /** @param {number} step */
            const sentence = (step) => isTimed && (() => sound.moveSentence(step > 0 ? 1 : -1));
            /** @type {Record<string, (() => void) | null | false>} */
            const actions = {
                " ": !isSilent && sound.toggle,
                ArrowLeft: sentence(-side),
                ArrowRight: sentence(side),
                PageUp: back,
                PageDown: on,
            };
            const action = actions[event.key];
            if (!action) return;
            event.preventDefault();
            action();
        }
        addEventListener("keydown", onKey);
        return () => removeEventListener("keydown", onKey);
    }, [isSilent, isTimed, back, on]);
}
