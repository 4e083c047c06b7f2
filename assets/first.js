// The first words of a listing, which the server has put into the page, go when the page has something to show instead.
const PATIENCE = 6000; // milliseconds; a page that is still loading then says itself what is wrong

const watch = new MutationObserver(look);
const last = setTimeout(give, PATIENCE);
watch.observe(document.body, { childList: true, subtree: true });

function look() {
  const page = document.querySelector("body > main");
  if (page && !page.querySelector(".skeleton")) give();
}

function give() {
  watch.disconnect();
  clearTimeout(last);
  for (const part of document.querySelectorAll("[data-first]")) part.remove();
}
