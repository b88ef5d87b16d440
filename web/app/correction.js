/** Correcting a page in place: its text, voice, language and name; sharing it; deleting it. */

import { announce } from "./announce.js";
import { ApiError, correct, storyState, voices } from "./api.js";
import { Icon } from "./frame.js";
import { html, useEffect, useMemo, useRef, useState } from "./html.js";
import { directionOf, languageName, t } from "./i18n.js";
import { sentenceOf } from "./problems.js";

/**
 * @typedef {import("./api.js").Story} Story
 * @typedef {import("./api.js").Correction} Fields
 */

const MAX_CHARACTERS = 20_000; // the API's
const CHANGED_MEANWHILE = 412;

/**
 * What is wrong with a text; empty if nothing is.
 *
 * @param {string} text
 */
export function flawOf(text) {
    const count = Array.from(text.trim()).length;
    if (count === 0) return t("correction.empty");
    if (count > MAX_CHARACTERS) return t("correction.long", { count, most: MAX_CHARACTERS });
    return "";
}

/**
 * @param {Story} story
 * @returns {Fields}
 */
function fieldsOf({ text, name, language, voice }) {
    return { text: text ?? "", name, language, voice };
}

/**
 * The fields of a form that differ from the story.
 *
 * @param {Story} story
 * @param {Fields} form
 * @returns {Fields}
 */
export function changesOf(story, form) {
    const fields = /** @type {(keyof Fields)[]} */ (["text", "name", "language", "voice"]);
    return Object.fromEntries(fields.filter((name) => form[name] !== story[name]).map((name) => [name, form[name]]));
}

/**
 * @param {object} props
 * @param {Story} props.story
 * @param {(story: Story) => void} props.done  Gets the story as it is now.
 * @param {() => void} props.close
 * @param {() => void} props.remove
 */
export function Correction({ story, done, close, remove }) {
    const [base, setBase] = useState(story);
    const [form, setForm] = useState(fieldsOf(story));
    const [languages, setLanguages] = useState(/** @type {import("./api.js").Language[]} */ ([]));
    const [problem, setProblem] = useState("");
    const [theirs, setTheirs] = useState(/** @type {Story | null} */ (null));
    const [isSaving, setIsSaving] = useState(false);
    /** @type {{ current: HTMLTextAreaElement | null }} */
    const field = useRef(null);

    useEffect(() => {
        field.current?.focus();
        voices()
            .then((answer) => setLanguages(answer.languages))
            .catch(() => {}); // the text can be corrected without them
    }, []);

    const sorted = useMemo(
        () =>
            languages
                .map(({ name }) => ({ name, shown: languageName(name) }))
                .sort((one, other) => one.shown.localeCompare(other.shown)),
        [languages],
    );
    const language = languages.find(({ name }) => name === form.language);

    /** @param {Fields} change */
    const change = (change) => setForm({ ...form, ...change });
    /** @param {keyof Fields} name */
    const typed = (name) => (/** @type {any} */ event) => change({ [name]: event.target.value });

    /** @param {SubmitEvent} event */
    async function save(event) {
        event.preventDefault();
        const flaw = form.text === base.text ? "" : flawOf(form.text ?? "");
        setProblem(flaw);
        if (flaw) return field.current?.focus();
        const changes = changesOf(base, form);
        if (Object.keys(changes).length === 0) return close();
        setIsSaving(true);
        try {
            done(await correct(base.id, changes, base.revision));
        } catch (error) {
            await explain(error);
        }
        setIsSaving(false);
    }

    /** @param {unknown} error */
    async function explain(error) {
        if (!(error instanceof ApiError) || error.status !== CHANGED_MEANWHILE) return setProblem(sentenceOf(error));
        try {
            const now = await storyState(base.id);
            if (now.status === "deleted") throw new ApiError(410, "deleted", t("reader.gone"));
            setProblem("");
            // Saving again overwrites what they wrote, so it is shown first. What was not touched here stays theirs.
            setForm({ ...fieldsOf(now), ...changesOf(base, form) });
            setBase(now);
            setTheirs(now);
        } catch (failure) {
            setProblem(sentenceOf(failure));
        }
    }

    return html`
        <form class="correction" onSubmit=${save}>
            <h2>${t("correction.title")}</h2>
            <label for="correction-text">${t("correction.text")}</label>
            <textarea
                id="correction-text"
                ref=${field}
                rows="9"
                lang=${form.language}
                dir=${directionOf(form.language ?? "")}
                value=${form.text}
                aria-describedby="correction-problem"
                onInput=${typed("text")}
            ></textarea>
            <p id="correction-problem" class="problem" role="alert">${problem}</p>
            ${theirs &&
            html`
                <section class="theirs" aria-label=${t("correction.theirs")}>
                    <p role="alert">${t("correction.meanwhile")}</p>
                    <blockquote lang=${theirs.language} dir=${directionOf(theirs.language)}>${theirs.text}</blockquote>
                    <button
                        type="button"
                        class="button"
                        onClick=${() => {
                            const mine = form.text ?? "";
                            change({ text: theirs.text ?? "" });
                            setTheirs({ ...theirs, text: mine });
                        }}
                    >
                        ${t("correction.swap")}
                    </button>
                </section>
            `}
            <label for="correction-name">${t("correction.name")}</label>
            <input id="correction-name" dir="auto" required value=${form.name} onInput=${typed("name")} />
            ${language &&
            html`
                <label for="correction-language">${t("correction.language")}</label>
                <select
                    id="correction-language"
                    value=${form.language}
                    onChange=${(/** @type {any} */ { target }) =>
                        change({
                            language: target.value,
                            voice: languages.find(({ name }) => name === target.value)?.default_voice ?? "",
                        })}
                >
                    ${sorted.map(({ name, shown }) => html`<option value=${name}>${shown}</option>`)}
                </select>
                <label for="correction-voice">${t("correction.voice")}</label>
                <select id="correction-voice" value=${form.voice} onChange=${typed("voice")}>
                    ${language.voices.map(
                        ({ name, engines }) => html`
                            <option value=${name}>
                                ${t(engines.some((engine) => engine.read_along) ? "correction.voice.lit" : "correction.voice.plain", {
                                    name,
                                })}
                            </option>
                        `,
                    )}
                </select>
            `}
            <p class="buttons">
                <button class="button primary" disabled=${isSaving}>${t("correction.save")}</button>
                <button type="button" class="button" onClick=${close}>${t("correction.cancel")}</button>
                <button type="button" class="button danger" onClick=${remove}>
                    <${Icon} name="remove" />${t("correction.delete")}
                </button>
            </p>
        </form>
    `;
}

/**
 * The link with which anybody hears a story.
 *
 * @param {string | null} audioPath  As the API has it: the folder names story, generation and revision.
 * @returns {string | null}  null: nobody can be sent to it.
 */
export function linkOf(audioPath) {
    const where = /\/public\/([0-9a-f-]{36}\/[0-9A-Za-z-]+\/\d+)\/[^/]+$/.exec(audioPath ?? "");
    return where ? `${location.origin}/#story=${where[1]}` : null;
}

/** @param {{ link: string, title: string, close: () => void }} props */
export function Share({ link, title, close }) {
    /** @type {{ current: HTMLDialogElement | null }} */
    const dialog = useRef(null);
    useEffect(() => dialog.current?.showModal(), []);

    async function copy() {
        try {
            await navigator.clipboard.writeText(link);
            announce(t("share.copied"));
            dialog.current?.close(); // which gives the focus back
        } catch {
            dialog.current?.querySelector("input")?.select(); // it can be copied by hand
        }
    }

    function send() {
        navigator.share({ title, url: link }).catch(() => {}); // people may change their mind
    }

    return html`
        <dialog ref=${dialog} aria-labelledby="share-title" onClose=${close}>
            <h2 id="share-title">${t("share.title")}</h2>
            <p>${t("share.who")}</p>
            <label for="share-link">${t("share.link")}</label>
            <input id="share-link" dir="ltr" readonly value=${link} />
            <p class="buttons">
                <button class="button primary" onClick=${copy}>${t("share.copy")}</button>
                ${"share" in navigator && html`<button class="button" onClick=${send}>${t("share.send")}</button>`}
                <button class="button" onClick=${() => dialog.current?.close()}>${t("share.close")}</button>
            </p>
        </dialog>
    `;
}
