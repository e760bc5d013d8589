export interface SceneInPage {
  readonly line: number;
  readonly scene: string;
  readonly at: number;
  readonly picture: string | undefined;
}
export function scenesOf(text: string): SceneInPage[];
export function pictureOf(scene: { readonly scene: string; readonly at: number }): string;
export function sceneProblems(
  text: string,
  names: readonly string[],
): { readonly line: number; readonly message: string }[];
