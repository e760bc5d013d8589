// Scenes that play in a page of the site, and are a picture with a link where the page is read on a code host:
//
//   <terrarium-scene scene="figure-8" at="2735">
//
//   [![What there is to see](../images/scenes/figure-8-2735.png)](../playground.md)
//
//   </terrarium-scene>
//
// `at` is in virtual milliseconds. `npm run docs:pictures` takes the pictures.

const element = /^<terrarium-scene\b([^>]*)>$/;

/** The scenes of a page: `{ line, scene, at, picture }`; `picture` is the address of the one that stands inside. */
export function scenesOf(text) {
  const lines = text.split("\n");
  return lines.flatMap((line, i) => {
    const attributes = element.exec(line)?.[1];
    if (attributes === undefined) return [];
    const end = lines.indexOf("</terrarium-scene>", i);
    const inside = end < 0 ? "" : lines.slice(i + 1, end).join("\n");
    return [
      {
        line: i + 1,
        scene: /\bscene="([^"]*)"/.exec(attributes)?.[1] ?? "",
        at: Number(/\bat="(\d+)"/.exec(attributes)?.[1] ?? Number.NaN),
        picture: /^\n\[!\[[^\]]+\]\(([^)\s]+)\)\]\([^)\s]+\)\n$/.exec(inside)?.[1],
      },
    ];
  });
}

/** Where the picture of a scene is, from docs/. */
export function pictureOf({ scene, at }) {
  return `images/scenes/${scene}-${at}.png`;
}

/** What is wrong with the scenes of a page, `{ line, message }`; `names` are those that there are. */
export function sceneProblems(text, names) {
  return scenesOf(text).flatMap(({ line, scene, at, picture }) => {
    if (!names.includes(scene)) return [{ line, message: `there is no scene "${scene}" in sim/scenes` }];
    if (Number.isNaN(at)) return [{ line, message: 'the scene needs at="…", in virtual milliseconds' }];
    const wanted = pictureOf({ scene, at });
    if (picture?.endsWith(`/${wanted}`) || picture === wanted) return [];
    return [{ line, message: `inside of it stands a link around the picture ${wanted}, between empty lines` }];
  });
}
