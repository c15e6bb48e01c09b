/**
 * Canned texts: a select `[data-canned="id-of-the-text"]` whose options carry `data-text`. Choosing a reason fills the
 * text as long as nobody has written in it; what was written stays, the canned text follows it.
 */

for (const choice of document.querySelectorAll("select[data-canned]")) {
  begin(choice, document.getElementById(choice.dataset.canned));
}

function begin(choice, text) {
  let filled = "";
  choice.addEventListener("change", () => {
    const words = choice.selectedOptions[0]?.dataset.text ?? "";
    const written = text.value.trim();
    if (written === "" || written === filled) {
      text.value = words;
    } else if (words && !written.includes(words)) {
      text.value = `${written}\n${words}`;
    }
    filled = words.trim();
  });
}
