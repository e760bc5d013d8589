/** Sheets that the build takes into the code as text. */
declare module "*.css" {
  const text: string;
  export default text;
}
