/** What the HTTP door answers to requests that it cannot serve. */

/** What it serves. */
export const doors = "GET /health, /status and /metrics, or open / in a browser";

/** Body of every answer that is not 2xx or a health report. */
export interface ErrorBody {
  readonly error: { readonly code: string; readonly message: string; readonly hint: string };
}

/** Makes one. */
export function errorBody(code: string, message: string, hint: string): ErrorBody {
  return { error: { code, message, hint } };
}

/** What to say for a status that fastify or the HTTP parser chose. */
export function clientFault(status: number): ErrorBody {
  switch (status) {
    case 405:
      return errorBody("METHOD_NOT_ALLOWED", "the method is not supported here", `try ${doors}`);
    case 408:
      return errorBody("REQUEST_TIMEOUT", "the request did not come in time", "send all of it at once");
    case 413:
      return errorBody("PAYLOAD_TOO_LARGE", "the body is too large", "send none: nothing here reads one");
    case 414:
      return errorBody("URI_TOO_LONG", "the URL is too long", `try ${doors}`);
    case 415:
      return errorBody("UNSUPPORTED_MEDIA_TYPE", "the body's type is not understood", "send none");
    case 431:
      return errorBody("HEADERS_TOO_LARGE", "the request's headers are too large", "send fewer or shorter headers");
    default:
      return errorBody("BAD_REQUEST", "the request is malformed", `send plain HTTP/1.1: ${doors}`);
  }
}
