/** Joining: a token lets this browser use the API. Most people come by a link that has it. */

import { tryToken } from "./api.js";
import { Frame } from "./frame.js";
import { html, useEffect, useState } from "./html.js";
import { t } from "./i18n.js";
import { sentenceOf } from "./problems.js";
import { join } from "./session.js";

/** @param {{ refused: boolean }} props  `refused`: there was a token, and the API takes it no longer. */
export function Join({ refused }) {
    const [token, setToken] = useState("");
    const [problem, setProblem] = useState(refused ? t("join.refused") : "");
    const [isTrying, setIsTrying] = useState(false);

    /** @param {string} tried */
    async function tryToJoin(tried) {
        setIsTrying(true);
        try {
            await tryToken(tried);
            join(tried);
        } catch (error) {
            setProblem(sentenceOf(error));
            setIsTrying(false);
        }
    }

    useEffect(() => {
        // An API on one's own machine may be open: nobody needs to join.
        if (!refused) tryToken("").then(() => join("")).catch(() => {});
    }, []);

    /** @param {SubmitEvent} event */
    function submit(event) {
        event.preventDefault();
        tryToJoin(token.trim());
    }

    return html`
        <${Frame} title=${t("join.title")} className="narrow">
            <p>${t("join.what")}</p>
            <form onSubmit=${submit}>
                <label for="token">${t("join.token")}</label>
                <input
                    id="token"
                    type="password"
                    autocomplete="current-password"
                    value=${token}
                    aria-describedby="token-help token-problem"
                    onInput=${(/** @type {any} */ event) => setToken(event.target.value)}
                />
                <p id="token-help" class="help">${t("join.help")}</p>
                <p id="token-problem" class="problem" role="alert">${problem}</p>
                <button class="button primary" disabled=${isTrying}>${t("join.join")}</button>
            </form>
            <p><a class="button" href="#/demo">${t("join.demo")}</a></p>
        </${Frame}>
    `;
}
