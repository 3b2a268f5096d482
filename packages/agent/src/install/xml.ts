/** Text as the content of an XML element. Control characters, which XML cannot carry, were refused before. */
export const xmlText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
