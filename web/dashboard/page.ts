/** The dashboard's page: all that is outside of its element. */
import { baseStyles } from "./base-styles.ts";
import "./dashboard.ts";

// The policy allows no style in the page itself, only sheets that its own code makes.
if (baseStyles.styleSheet !== undefined) document.adoptedStyleSheets = [baseStyles.styleSheet];
