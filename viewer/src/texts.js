// All texts of the viewer, in each language. The browser's first language among them is used.

const EN = {
  loading: "Loading…",
  drawing: "Drawing…",
  loadingScene: "Loading the scene",
  noWebgl:
    "This browser cannot show 3D scenes: WebGL 2 is missing or turned off. " +
    "Use a current browser, or turn on hardware acceleration in its settings.",
  damaged:
    "The file of this scene is damaged or incomplete, so only the photo is shown. " +
    "The command sharp-batch verify finds such files.",
  noAnswer: "The gallery does not answer. Check that it is still running.",
  noFile: "The file of this scene is missing or incomplete, so only the photo is shown.",
  onlyCoarse: "The whole scene could not be loaded, so it is shown with less detail.",
  serverError: "The server answered with the error {status}.",
  sceneLabel:
    "{name}: scene. Arrow keys move, plus and minus go closer and back, Home returns to the photo.",
  sphereLabel:
    "{name}: 360° scene. Arrow keys turn, plus and minus zoom, Home returns to the front.",
  toolbar: "Move in the scene",
  moves: "Move",
  movesLabel: "Move with buttons",
  left: "Move left",
  right: "Move right",
  up: "Move up",
  down: "Move down",
  closer: "Move closer",
  farther: "Move back",
  turnLeft: "Turn left",
  turnRight: "Turn right",
  turnUp: "Look up",
  turnDown: "Look down",
  zoomIn: "Zoom in",
  zoomOut: "Zoom out",
  home: "Reset",
  homeLabel: "Reset: back to the photo's position",
  frontLabel: "Reset: back to the front",
  sway: "Sway",
  swayLabel: "Sway from side to side",
  turn: "Turn",
  turnLabel: "Turn slowly",
  compare: "Compare",
  compareLabel: "Compare with the photo",
  compareWith: "Compare with",
  photo: "Photo",
  divider: "Divider: photo on the left, scene on the right",
  depth: "Depth",
  depthLabel: "Depth: near is bright, far is dark",
  metres: "{metres} m",
  stereo: "Two eyes",
  stereoLabel: "Two eyes: side by side, for 3D screens and viewers",
  tilt: "Tilt",
  tiltLabel: "Tilt: move by tilting the phone",
  headset: "Headset",
  headsetLabel: "Headset: enter the scene at its true size",
  headsetFailed: "The headset could not be started: {reason}",
  fullscreen: "Full screen",
  fullscreenLabel: "Full screen (F)",
  slideshow: "Slideshow",
  play: "Play",
  next: "Next",
  previous: "Previous",
  endShow: "End",
  order: "Order",
  byDate: "By date",
  bestFirst: "Best first",
  shuffled: "Shuffled",
  eyes: "3D",
  oneImage: "One picture",
  sideBySide: "Two eyes",
  squeezed: "3D television",
  noSlides: "There are no scenes to show.",
  retrying: "The gallery does not answer. Trying again…",
};

const DE = {
  loading: "Wird geladen…",
  drawing: "Wird gezeichnet…",
  loadingScene: "Die Szene wird geladen",
  noWebgl:
    "Dieser Browser kann keine 3D-Szenen zeigen: WebGL 2 fehlt oder ist ausgeschaltet. " +
    "Verwenden Sie einen aktuellen Browser, oder schalten Sie in seinen Einstellungen die " +
    "Hardwarebeschleunigung ein.",
  damaged:
    "Die Datei dieser Szene ist beschädigt oder unvollständig, daher ist nur das Foto zu sehen. " +
    "Der Befehl sharp-batch verify findet solche Dateien.",
  noAnswer: "Die Galerie antwortet nicht. Prüfen Sie, ob sie noch läuft.",
  noFile: "Die Datei dieser Szene fehlt oder ist unvollständig, daher ist nur das Foto zu sehen.",
  onlyCoarse: "Die ganze Szene konnte nicht geladen werden, daher ist sie gröber zu sehen.",
  serverError: "Der Server antwortete mit dem Fehler {status}.",
  sceneLabel:
    "{name}: Szene. Pfeiltasten bewegen, Plus und Minus gehen näher und zurück, Pos1 führt zum " +
    "Foto zurück.",
  sphereLabel:
    "{name}: 360°-Szene. Pfeiltasten drehen, Plus und Minus vergrößern und verkleinern, Pos1 " +
    "führt nach vorn zurück.",
  toolbar: "In der Szene bewegen",
  moves: "Bewegen",
  movesLabel: "Bewegen mit Schaltflächen",
  left: "Nach links",
  right: "Nach rechts",
  up: "Nach oben",
  down: "Nach unten",
  closer: "Näher",
  farther: "Zurück",
  turnLeft: "Nach links drehen",
  turnRight: "Nach rechts drehen",
  turnUp: "Nach oben sehen",
  turnDown: "Nach unten sehen",
  zoomIn: "Vergrößern",
  zoomOut: "Verkleinern",
  home: "Anfang",
  homeLabel: "Anfang: zurück zum Standpunkt des Fotos",
  frontLabel: "Anfang: zurück nach vorn",
  sway: "Schwenken",
  swayLabel: "Schwenken von Seite zu Seite",
  turn: "Drehen",
  turnLabel: "Drehen, langsam",
  compare: "Vergleich",
  compareLabel: "Vergleich mit dem Foto",
  compareWith: "Vergleichen mit",
  photo: "Foto",
  divider: "Trennlinie: links das Foto, rechts die Szene",
  depth: "Tiefe",
  depthLabel: "Tiefe: Nahes ist hell, Fernes dunkel",
  metres: "{metres} m",
  stereo: "Zwei Augen",
  stereoLabel: "Zwei Augen: nebeneinander, für 3D-Bildschirme und Stereoskope",
  tilt: "Neigen",
  tiltLabel: "Neigen: bewegen durch Neigen des Telefons",
  headset: "Headset",
  headsetLabel: "Headset: die Szene in wahrer Größe betreten",
  headsetFailed: "Das Headset ließ sich nicht starten: {reason}",
  fullscreen: "Vollbild",
  fullscreenLabel: "Vollbild (F)",
  slideshow: "Diaschau",
  play: "Abspielen",
  next: "Weiter",
  previous: "Zurück",
  endShow: "Beenden",
  order: "Reihenfolge",
  byDate: "Nach Datum",
  bestFirst: "Beste zuerst",
  shuffled: "Gemischt",
  eyes: "3D",
  oneImage: "Ein Bild",
  sideBySide: "Zwei Augen",
  squeezed: "3D-Fernseher",
  noSlides: "Es gibt keine Szenen zu zeigen.",
  retrying: "Die Galerie antwortet nicht. Neuer Versuch…",
};

export const TEXTS = { en: EN, de: DE };

/** Return the first of these language tags that there are texts in, such as "de" for "de-AT". */
export function languageOf(tags) {
  const found = tags.map((tag) => tag.toLowerCase().split("-")[0]).find((tag) => tag in TEXTS);
  return found ?? "en";
}

export const LANGUAGE = languageOf(globalThis.navigator?.languages ?? []);

/** Return a text in the browser's language, with `values` in the places named in braces. */
export function text(key, values = {}) {
  return TEXTS[LANGUAGE][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** Return a length in metres as text. */
export function metres(value) {
  const digits = value < 10 ? 1 : 0;
  const shown = value.toLocaleString(LANGUAGE, { maximumFractionDigits: digits });
  return text("metres", { metres: shown });
}
