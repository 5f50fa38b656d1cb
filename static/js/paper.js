/* The text beside a page begins at the cited passage, while the page itself stays in sight. */

for (const column of document.querySelectorAll("[data-scroll-to-cited]")) {
  const cited = column.querySelector(".passage.cited mark, .passage.cited");
  if (!cited) continue;
  const above = cited.getBoundingClientRect().top - column.getBoundingClientRect().top;
  column.scrollTop += above - column.clientHeight / 3;
}
