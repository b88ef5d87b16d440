/** The sentence for something that went wrong, in the interface's language. */

import { ApiError } from "./api.js";
import { t } from "./i18n.js";

/**
 * Codes of the API have a sentence of ours if people meet them often; of all others the API's own
 * sentence, in English, says more than a general one.
 *
 * @param {unknown} error
 * @returns {string}
 */
export function sentenceOf(error) {
    if (!(error instanceof ApiError)) return t("problem.unexpected");
    const known = `problem.${error.code}`;
    const sentence = t(known);
    return sentence === known ? error.message : sentence;
}
