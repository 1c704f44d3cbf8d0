/**
 * Text from elsewhere, with control characters made visible: what a target answered is shown on a terminal, which would obey its escape sequences. Line
 * breaks and tabs stay.
 */
export function safeText(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
