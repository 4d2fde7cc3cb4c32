// XML as recording clients send it, read into plain elements and nothing else. What could make reading expensive or reach
// outside of the text is refused: document types, entities of one's own, depth, size.

import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { messageOf, TwinreelError } from '#src/errors';

/** An element. Names are without prefix, in lower case and without `-` and `_`, for peers do not agree on how to write them. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** The text directly within it, white space at both ends removed. */
  readonly text: string;
}

export const xmlCharactersMax = 65_536;
const depthMax = 24;

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '',
  preserveOrder: true,
  removeNSPrefix: true,
  parseTagValue: false,
  // Document types are refused before the parser sees them; the five entities of XML itself are read here, below.
  processEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  maxNestedTags: depthMax,
});

/**
 * The root element of a document. `subject` is what the document is about, for the message of the error.
 * @throws TwinreelError `metadata-unreadable` for what is not well-formed, not allowed, or larger than is read.
 */
export function parseXml(document: string, subject = 'recording metadata'): XmlElement {
  const text = trimmed(document);
  if (text.length > xmlCharactersMax) {
    throw unreadable(`${text.length} characters; at most ${xmlCharactersMax} are read`, subject);
  }
  const declaration = /<!(?!--|\[CDATA\[)\w*/.exec(text);
  if (declaration)
    throw unreadable(`'${declaration[0]}' stands in it; document types and entities are not allowed`, subject);
  const validity = XMLValidator.validate(text);
  if (validity !== true) throw unreadable(`line ${validity.err.line}: ${validity.err.msg}`, subject);
  const roots = elementsOf(parsed(text, subject));
  if (roots.length !== 1) throw unreadable(`${roots.length} root elements; one is needed`, subject);
  return roots[0]!;
}

/**
 * Without a byte order mark or the blank line that some clients send first, and without zeros at the end. Not by an expression: one
 * that looks for blanks at the end looks at every run of blanks in between as often as it has blanks.
 */
function trimmed(document: string): string {
  let end = document.length;
  while (end > 0 && /[\s\0]/.test(document[end - 1]!)) end -= 1;
  return document.slice(0, end).trimStart();
}

/** The children of that name. */
export function childrenNamed(element: XmlElement, name: string): readonly XmlElement[] {
  return element.children.filter((child) => child.name === name);
}

/** The text of the first child of that name, or undefined when there is none or nothing in it. */
export function childText(element: XmlElement, ...names: readonly string[]): string | undefined {
  const found = element.children.find((child) => names.includes(child.name) && child.text !== '');
  return found?.text;
}

/** The value of the first of these attributes that is there and not empty. */
export function attribute(element: XmlElement, ...names: readonly string[]): string | undefined {
  return names.map((name) => element.attributes.get(name)?.trim()).find((value) => value !== undefined && value !== '');
}

export function unreadable(what: string, subject = 'recording metadata'): TwinreelError {
  return new TwinreelError('metadata-unreadable', `${subject}: ${what}`);
}

/** What the parser gives with `preserveOrder`: one key is the element's name, `:@` its attributes. */
type Node = Readonly<Record<string, unknown>>;

function parsed(text: string, subject: string): readonly Node[] {
  try {
    return parser.parse(text) as readonly Node[];
  } catch (error) {
    throw unreadable(messageOf(error).slice(0, 200), subject);
  }
}

function elementsOf(nodes: readonly Node[]): XmlElement[] {
  return nodes.flatMap((node) => elementOf(node) ?? []);
}

function elementOf(node: Node): XmlElement | undefined {
  const name = Object.keys(node).find((key) => key !== ':@' && key !== '#text');
  if (name === undefined) return undefined;
  const content = node[name] as readonly Node[];
  const texts = content.map((child) => child['#text']).filter((text) => typeof text === 'string');
  const attributes = Object.entries((node[':@'] ?? {}) as Readonly<Record<string, string>>);
  return {
    name: normalised(name),
    attributes: new Map(attributes.map(([key, value]) => [normalised(key), plain(String(value))])),
    children: elementsOf(content),
    text: plain(texts.join('')),
  };
}

function normalised(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, '');
}

/** References resolved and white space trimmed; control characters, which nobody means, become spaces: text is shown to people. */
function plain(text: string): string {
  return decoded(text)
    .replace(/\p{Cc}+/gu, ' ')
    .trim();
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** The five entities of XML and character references (XML 1.0 §4.1, §4.6); anything else stays as it is. */
function decoded(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos));/gi, (written, decimal, hex, name) => {
    if (name) return entities[String(name).toLowerCase()] ?? written;
    const code = decimal ? Number(decimal) : Number.parseInt(String(hex), 16);
    return code > 0 && code <= 0x10_ffff ? String.fromCodePoint(code) : written;
  });
}
