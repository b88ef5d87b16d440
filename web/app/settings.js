/** Settings of this browser: language, colours, shortcuts, and leaving. */

import { Frame } from "./frame.js";
import { html, useState } from "./html.js";
import { LANGUAGES, interfaceLanguage, setInterfaceLanguage, t } from "./i18n.js";
import { keep, kept } from "./keeping.js";
import { leave } from "./session.js";
import { useStore } from "./store.js";

const THEMES = ["auto", "light", "dark"];

export function applyTheme() {
    document.documentElement.dataset.theme = kept("theme") ?? "auto";
}

/** Does a key alone do something, such as the space bar that plays? Some people dictate, or hit keys by chance. */
export function hasShortcuts() {
    return kept("shortcuts") !== "off";
}

export function Settings() {
    const { language } = useStore(interfaceLanguage);
    const [theme, setTheme] = useState(kept("theme") ?? "auto");
    const [shortcuts, setShortcuts] = useState(hasShortcuts());

    /** @param {string} value */
    function changeTheme(value) {
        keep("theme", value);
        applyTheme();
        setTheme(value);
    }

    /** @param {boolean} value */
    function changeShortcuts(value) {
        keep("shortcuts", value ? "on" : "off");
        setShortcuts(value);
    }

    return html`
        <${Frame} title=${t("settings.title")} back="#/" className="narrow">
            <label for="language">${t("settings.language")}</label>
            <select
                id="language"
                value=${language}
                onChange=${(/** @type {any} */ event) => setInterfaceLanguage(event.target.value)}
            >
                ${Object.entries(LANGUAGES).map(
                    ([code, name]) => html`<option value=${code} lang=${code}>${name}</option>`,
                )}
            </select>
            <label for="theme">${t("settings.theme")}</label>
            <select
                id="theme"
                value=${theme}
                onChange=${(/** @type {any} */ event) => changeTheme(event.target.value)}
            >
                ${THEMES.map((each) => html`<option value=${each}>${t(`settings.theme.${each}`)}</option>`)}
            </select>
            <label class="check">
                <input
                    type="checkbox"
                    checked=${shortcuts}
                    onChange=${(/** @type {any} */ event) => changeShortcuts(event.target.checked)}
                />
                ${t("settings.shortcuts")}
            </label>
            <p class="help">${t("settings.shortcuts.which")}</p>
            <p><button class="button danger" onClick=${leave}>${t("settings.leave")}</button></p>
            <p class="help">${t("settings.leave.what")}</p>
        </${Frame}>
    `;
}
