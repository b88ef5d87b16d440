/** Taking pages: from files, and with the camera. */

import { say } from "./announce.js";
import { voices } from "./api.js";
import { Camera, cameraProblem, openCamera } from "./camera.js";
import { Frame, Icon } from "./frame.js";
import { html, useEffect, useRef, useState } from "./html.js";
import { languageName, t } from "./i18n.js";
import { keep, kept } from "./keeping.js";
import { add, outbox } from "./outbox.js";
import { Outbox } from "./outbox_list.js";
import { useStore } from "./store.js";

const LANGUAGE = "page-language";

export function Capture() {
    const { pages, replacing } = useStore(outbox);
    const [language, setLanguage] = useState(pageLanguage);
    const [stream, setStream] = useState(/** @type {MediaStream | null} */ (null));
    const [problem, setProblem] = useState("");
    /** @type {{ current: string[] }} Ids of the pages that were taken in this visit. */
    const taken = useRef([]);
    /** @type {{ current: HTMLInputElement | null }} */
    const input = useRef(null);
    /** @type {{ current: HTMLElement | null }} */
    const cameraButton = useRef(null);
    const isHere = useRef(true);
    const replaced = pages.find(({ id }) => id === replacing);

    /** @param {Iterable<File>} files */
    async function take(files) {
        const ids = await add(files, { language });
        taken.current.push(...ids);
        return ids;
    }

    /** @param {Iterable<File> | null | undefined} files */
    async function takeFiles(files) {
        const count = [...(files ?? [])].length;
        if (!files || !count) return;
        await take(files);
        say(t("capture.added", { count }));
    }

    async function startCamera() {
        setProblem("");
        try {
            const opened = await openCamera();
            if (isHere.current) setStream(opened);
            else for (const track of opened.getTracks()) track.stop();
        } catch (error) {
            setProblem(t(cameraProblem(error)));
        }
    }

    /** @param {string} [key]  Of a sentence: why the camera closed by itself. */
    function closeCamera(key) {
        setStream(null);
        setProblem(key ? t(key) : "");
    }

    const isDropping = useDrops(takeFiles, [language]);

    useEffect(
        () => () => {
            isHere.current = false;
            outbox.set({ replacing: null });
        },
        [],
    );

    const hasCamera = stream !== null;
    const hadCamera = useRef(false);
    useEffect(() => {
        if (hadCamera.current && !hasCamera) cameraButton.current?.focus();
        hadCamera.current = hasCamera;
    }, [hasCamera]);

    if (stream) {
        return html`<${Camera} stream=${stream} taken=${taken.current} take=${take} close=${closeCamera} />`;
    }
    return html`
        <${Frame} title=${t("capture.title")} back="#/" className=${isDropping ? "capture dropping" : "capture"}>
            ${replaced &&
            html`<p class="replacing" role="status">
                ${t("capture.replacing", { name: replaced.name })}
                <button class="button" onClick=${() => outbox.set({ replacing: null })}>
                    ${t("capture.replacing.not")}
                </button>
            </p>`}
            <p class="problem" role="alert">${problem}</p>
            <div class="ways">
                <button class="button primary large" ref=${cameraButton} onClick=${startCamera}>
                    <${Icon} name="camera" />${t("capture.camera")}
                </button>
                <button class="button large" onClick=${() => input.current?.click()}>
                    <${Icon} name="image" />${t("capture.files")}
                </button>
                <input
                    type="file"
                    hidden
                    multiple
                    accept="image/*,.heic,.heif"
                    aria-label=${t("capture.files")}
                    ref=${input}
                    onChange=${async (/** @type {any} */ event) => {
                        const files = [...event.target.files];
                        event.target.value = ""; // the same file may be picked again
                        await takeFiles(files);
                    }}
                />
                <p class="help">${t("capture.drop")}</p>
            </div>
            <${PageLanguage} language=${language} onChange=${setLanguage} />
            <${Outbox} />
        </${Frame}>
    `;
}

/** The language in which pages are read; empty: that of their words. */
export function pageLanguage() {
    return kept(LANGUAGE) ?? "";
}

/**
 * Take files that are dropped on the page, or pasted.
 *
 * @param {(files: File[]) => void} takeFiles
 * @param {unknown[]} inputs  What `takeFiles` depends on.
 * @returns {boolean}  Something is held above the page.
 */
export function useDrops(takeFiles, inputs = []) {
    const [isDropping, setIsDropping] = useState(false);
    useEffect(() => {
        /** @param {DragEvent | ClipboardEvent} event */
        function receive(event) {
            const data = "dataTransfer" in event ? event.dataTransfer : event.clipboardData;
            if (!data?.types.includes("Files")) return;
            event.preventDefault();
            setIsDropping(event.type === "dragover");
            if (event.type === "drop" || event.type === "paste") takeFiles([...data.files]);
        }
        const events = /** @type {const} */ (["dragover", "dragleave", "drop", "paste"]);
        for (const each of events) addEventListener(each, receive);
        return () => {
            for (const each of events) removeEventListener(each, receive);
        };
    }, inputs);
    return isDropping;
}

/** @param {{ language: string, onChange: (language: string) => void }} props */
function PageLanguage({ language, onChange }) {
    const [languages, setLanguages] = useState(language ? [language] : []);
    useEffect(() => {
        voices().then(
            (answer) => setLanguages(answer.languages.map(({ name }) => name)),
            () => {}, // the choice stays as it was
        );
    }, []);
    const named = languages.map((code) => ({ code, name: languageName(code) }));
    named.sort((a, b) => a.name.localeCompare(b.name));
    return html`
        <div class="language">
            <label for="page-language">${t("capture.language")}</label>
            <select
                id="page-language"
                value=${language}
                onChange=${(/** @type {any} */ event) => {
                    keep(LANGUAGE, event.target.value || null);
                    onChange(event.target.value);
                }}
            >
                <option value="">${t("capture.language.auto")}</option>
                ${named.map(({ code, name }) => html`<option key=${code} value=${code}>${name}</option>`)}
            </select>
        </div>
    `;
}
