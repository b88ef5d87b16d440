/** The live camera: one page after the other, with hints while one aims. */

import { say } from "./announce.js";
import { Icon } from "./frame.js";
import { hintOf, measured } from "./hints.js";
import { html, useEffect, useRef, useState } from "./html.js";
import { interfaceLanguage, t } from "./i18n.js";
import { outbox, remove } from "./outbox.js";
import { Picture } from "./outbox_list.js";
import { drawn, jpeg, sizeWithin } from "./photo.js";
import { hasShortcuts } from "./settings.js";
import { useStore } from "./store.js";

const MS_BETWEEN_LOOKS = 500;
const MS_BETWEEN_WORDS = 4000; // spoken hints that come faster are noise
const FRAME_SIDE = 640; // enough to see whether letters have edges
const QUALITY = 0.95;
/** @type {Record<string, string>} By the name of getUserMedia's error. */
const PROBLEMS = {
    NotAllowedError: "camera.refused",
    SecurityError: "camera.refused",
    NotFoundError: "camera.none",
    OverconstrainedError: "camera.none",
    NotReadableError: "camera.busy",
    AbortError: "camera.busy",
    InsecureError: "camera.insecure",
};

/** Ask for the camera at the back, with as many pixels as it has. */
export async function openCamera() {
    if (!isSecureContext) throw new DOMException("no camera without https", "InsecureError");
    if (!navigator.mediaDevices) throw new DOMException("this browser has no cameras", "NotFoundError");
    return navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { facingMode: { ideal: "environment" }, width: { ideal: 4096 }, height: { ideal: 3072 } },
    });
}

/**
 * The key of the sentence that says why there is no camera.
 *
 * @param {unknown} error
 */
export function cameraProblem(error) {
    return PROBLEMS[error instanceof Error || error instanceof DOMException ? error.name : ""] ?? "camera.busy";
}

/**
 * @param {object} props
 * @param {MediaStream} props.stream
 * @param {string[]} props.taken  Ids of the pages of this visit.
 * @param {(files: File[]) => Promise<string[]>} props.take
 * @param {(problem?: string) => void} props.close
 */
export function Camera({ stream, taken, take, close }) {
    const { pages, replacing } = useStore(outbox);
    const strip = pages.filter(({ id, file, picture }) => taken.includes(id) && (file || picture));
    const [isBusy, setIsBusy] = useState(true);
    const [chosen, setChosen] = useState("");
    /** @type {{ current: HTMLVideoElement | null }} */
    const video = useRef(null);
    /** @type {{ current: HTMLElement | null }} */
    const film = useRef(null);
    /** @type {{ current: HTMLButtonElement | null }} */
    const shutter = useRef(null);
    const hint = useHint(video, isBusy);
    const again = strip.findIndex(({ id }) => id === replacing) + 1;
    const selected = strip.findIndex(({ id }) => id === chosen) + 1;

    useEffect(() => {
        const [track] = stream.getVideoTracks();
        const lost = () => close("camera.busy");
        track?.addEventListener("ended", lost);
        if (video.current) video.current.srcObject = stream;
        shutter.current?.focus();
        return () => {
            track?.removeEventListener("ended", lost);
            for (const each of stream.getTracks()) each.stop();
        };
    }, [stream]);

    useEffect(() => {
        film.current?.lastElementChild?.scrollIntoView({ block: "nearest", inline: "nearest" });
    }, [strip.length]);

    async function shoot() {
        const element = video.current;
        if (!element?.videoWidth || isBusy) return;
        setIsBusy(true);
        const number = again || strip.length + 1;
        try {
            const photo = await photoOf(element);
            await take([new File([photo], nameOf(number), { type: photo.type })]);
            setChosen("");
            say(t("camera.taken", { number }));
        } catch {
            close("photo.memory");
        }
        setIsBusy(false);
    }

    useEffect(() => {
        /** @param {KeyboardEvent} event */
        function onKey(event) {
            const isControl = event.target instanceof Element && event.target.closest("button, a, input, select");
            if (event.key === "Escape") close();
            else if (event.key === " " && !isControl && !event.repeat && hasShortcuts()) {
                event.preventDefault();
                shoot();
            }
        }
        addEventListener("keydown", onKey);
        return () => removeEventListener("keydown", onKey);
    });

    /** @param {() => void} work */
    function withChosen(work) {
        work();
        setChosen("");
        shutter.current?.focus();
    }

    return html`
        <main class="camera">
            <h1 class="unseen" tabindex="-1">${t("camera.title")}</h1>
            <div class="view">
                <video
                    ref=${video}
                    autoplay
                    playsinline
                    muted
                    aria-label=${t("camera.view")}
                    onPlaying=${() => setIsBusy(false)}
                ></video>
                <p class="hint">
                    ${again ? t("camera.again.now", { number: again }) : ""} ${t(`camera.hint.${hint}`)}
                </p>
            </div>
            <div class="controls">
                ${selected > 0 &&
                html`<p class="chosen-page">
                    <button
                        class="button"
                        onClick=${() => withChosen(() => outbox.set({ replacing: chosen }))}
                    >
                        ${t("camera.again", { number: selected })}
                    </button>
                    <button class="button danger" onClick=${() => withChosen(() => remove(chosen))}>
                        ${t("camera.remove", { number: selected })}
                    </button>
                </p>`}
                ${strip.length > 0 &&
                html`<ol class="strip" ref=${film} aria-label=${t("camera.strip")}>
                    ${strip.map(
                        ({ id, picture }, at) => html`
                            <li key=${id}>
                                <button
                                    aria-pressed=${String(id === chosen)}
                                    onClick=${() => setChosen(id === chosen ? "" : id)}
                                >
                                    <${Picture} blob=${picture} />
                                    <span class="unseen">${t("camera.page", { number: at + 1 })}</span>
                                    <span class="number" aria-hidden="true">${at + 1}</span>
                                </button>
                            </li>
                        `,
                    )}
                </ol>`}
                <p class="shooting">
                    <span></span>
                    <button
                        class="shutter"
                        ref=${shutter}
                        aria-label=${t("camera.shoot")}
                        aria-disabled=${String(isBusy)}
                        onClick=${shoot}
                    ></button>
                    <button class="button" onClick=${() => close()}><${Icon} name="done" />${t("camera.done")}</button>
                </p>
            </div>
        </main>
    `;
}

/**
 * What to tell about the picture. A hint counts when two looks in a row say it.
 *
 * @param {{ current: HTMLVideoElement | null }} video
 * @param {boolean} isBusy
 */
function useHint(video, isBusy) {
    const [hint, setHint] = useState(/** @type {import("./hints.js").Hint} */ ("good"));
    useEffect(() => {
        if (isBusy) return undefined;
        const canvas = document.createElement("canvas");
        const context = canvas.getContext("2d", { willReadFrequently: true });
        /** @type {Float32Array | null} */
        let before = null;
        let last = "";
        let spoken = "good";
        let spokenAt = -MS_BETWEEN_WORDS;
        const timer = setInterval(() => {
            const element = video.current;
            if (!context || !element?.videoWidth || document.hidden) return;
            const { width, height } = sizeWithin(element.videoWidth, element.videoHeight, FRAME_SIDE);
            if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
            context.drawImage(element, 0, 0, width, height);
            const measures = measured(context.getImageData(0, 0, width, height).data, width, before);
            before = measures.cells;
            const now = hintOf(measures);
            if (now === last) {
                setHint(now);
                if (now !== spoken && performance.now() - spokenAt > MS_BETWEEN_WORDS) {
                    say(t(`camera.hint.${now}`));
                    spoken = now;
                    spokenAt = performance.now();
                }
            }
            last = now;
        }, MS_BETWEEN_LOOKS);
        return () => clearInterval(timer);
    }, [isBusy]);
    return hint;
}

/** @param {HTMLVideoElement} video */
async function photoOf(video) {
    const canvas = drawn(video, { width: video.videoWidth, height: video.videoHeight });
    const photo = await jpeg(canvas, QUALITY);
    canvas.width = 0; // gives its memory back at once
    return photo;
}

/**
 * A name that tells pages of several books apart.
 *
 * @param {number} number
 */
function nameOf(number) {
    const { language } = interfaceLanguage.get();
    const when = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format();
    return t("camera.name", { number, when });
}
