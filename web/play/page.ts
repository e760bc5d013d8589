/** The playground's page. */
import "../picture/define.ts";
import "./app.ts";
import { pageStyles } from "./styles.ts";

if (pageStyles.styleSheet !== undefined) document.adoptedStyleSheets.push(pageStyles.styleSheet);
