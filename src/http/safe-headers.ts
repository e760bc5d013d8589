/** Headers with which a browser takes the pages, and what they read, for nothing else than what they are. */

/** Scripts, styles and what they read come from this server alone, as files; nothing is inline, nothing is framed. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** For every answer of the HTTP door. */
export const safeHeaders: Readonly<Record<string, string>> = {
  "content-security-policy": policy,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
};

/** For the playground: a bug is planted by changing the code of its worker before that starts. */
export const playHeaders: Readonly<Record<string, string>> = {
  ...safeHeaders,
  "content-security-policy": policy.replace("worker-src 'self'", "worker-src 'self' blob:"),
};

/** For the dashboard's page: no text becomes markup there, but for the templates of Lit. */
export const dashboardHeaders: Readonly<Record<string, string>> = {
  ...safeHeaders,
  "content-security-policy": `${policy}; require-trusted-types-for 'script'; trusted-types lit-html`,
};
