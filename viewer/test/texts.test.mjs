import assert from "node:assert/strict";
import { test } from "node:test";

import { languageOf, TEXTS } from "../src/texts.js";

test("every text is there in every language, with the same values in it", () => {
  const valuesIn = (text) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
  for (const [language, texts] of Object.entries(TEXTS)) {
    assert.deepEqual(Object.keys(texts), Object.keys(TEXTS.en), language);
    for (const [key, text] of Object.entries(texts)) {
      assert.ok(text, `${language}: ${key}`);
      assert.deepEqual(valuesIn(text), valuesIn(TEXTS.en[key]), `${language}: ${key}`);
    }
  }
});

test("the word on a button begins its label, as people with a voice control say it", () => {
  const pairs = Object.keys(TEXTS.en).filter((key) => `${key}Label` in TEXTS.en);
  assert.ok(pairs.length > 8);
  for (const texts of Object.values(TEXTS)) {
    for (const key of pairs) {
      if (["scene", "sphere", "slide", "front"].includes(key)) continue;
      assert.ok(texts[`${key}Label`].startsWith(texts[key]), texts[key]);
    }
  }
});

test("the language is the first known one of the browser's", () => {
  assert.equal(languageOf(["fr-CH", "de-AT", "en"]), "de");
  assert.equal(languageOf(["fr"]), "en");
  assert.equal(languageOf([]), "en");
});
