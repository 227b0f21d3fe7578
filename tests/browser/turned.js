// What marks of direction turn round on a page: [what stands before them, they and what follows] of each paragraph
// in which anything but a hostile text follows. A paragraph is what the bidirectional algorithm takes as one:
// the text of a box, without the boxes and isolates in it, which count as one sign if they hold anything.
// And the isolates that a mark in them ends too early.
(hostile) => {
  const marks = /[\u200f\u202a-\u202e\u2066-\u2069]/, found = [], seen = new Set();
  const plain = (text) => text.replace(/\s+/g, " ");
  const known = (part) => hostile.some((text) => text.includes(plain(part).trim()));
  const within = (one) => {
    const style = getComputedStyle(one);
    if (one.matches("svg,img,br,input,button,select,progress")) return false;
    return style.display === "contents" || (style.display === "inline" && !/isolate|plaintext/.test(style.unicodeBidi));
  };
  const paragraphs = (box) => {
    const all = [""];
    const walk = (parent) => {
      for (const child of parent.childNodes) {
        if (child.nodeType === Node.TEXT_NODE) all[all.length - 1] += child.data;
        if (child.nodeType !== Node.ELEMENT_NODE || !child.checkVisibility()) continue;
        const style = getComputedStyle(child), away = /absolute|fixed/.test(style.position) || style.float !== "none";
        if (within(child)) walk(child);
        else if (child.matches("br") || (!away && !style.display.startsWith("inline"))) all.push("");
        else if (!away && (child.matches("svg,img") || child.textContent.trim())) all[all.length - 1] += "\ufffc";
      }
    };
    walk(box);
    const lines = /pre|break-spaces/.test(getComputedStyle(box).whiteSpace);
    return lines ? all.flatMap((text) => text.split("\n")) : all;
  };
  const ends = (text) => {
    let depth = 0;
    for (const sign of text) if (/[\u2066-\u2069]/.test(sign) && (depth += sign === "\u2069" ? -1 : 1) < 0) return true;
    return false;
  };
  const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    let box = texts.currentNode.parentElement;
    if (!marks.test(texts.currentNode.data) || !box.checkVisibility()) continue;
    if (box.closest("textarea,option,select,template,noscript,.visually-hidden")) continue;
    while (within(box)) box = box.parentElement;
    if (seen.has(box)) continue;
    seen.add(box);
    if (getComputedStyle(box).display === "inline" && ends(box.textContent)) found.push([box.outerHTML.slice(0, 80), "ends it"]);
    for (const one of paragraphs(box)) {
      const text = one.replace(/\u2068[^\u2066-\u2069]*\u2069/g, ""), at = text.search(marks);
      if (at >= 0 && !text.slice(at).split("…").every(known)) found.push([text.slice(0, at), text.slice(at)].map(plain));
    }
  }
  return found;
}
