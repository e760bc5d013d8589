// Loaded before the tests that grade a lab: properties draw the same examples each time, so that the verdict on an answer is
// the same on every machine.

import { configureGlobal } from "fast-check";

configureGlobal({ seed: 20_250_101 });
