/**
 * What a YAML reader complains of, in the words of somebody who has to mend the file.
 */
interface Words {
  readonly message: string;
  readonly expected: string;
}

const WORDS: readonly (readonly [RegExp, string, string])[] = [
  [
    /bad indentation of a mapping entry/,
    'the indentation does not fit, or a second value stands on the line',
    'keys of one map in one column, and quotes around text with ": " in it',
  ],
  [
    /bad indentation of a sequence entry/,
    'this indentation fits no list or map around it',
    'all "- " of one list in one column, and so all keys of one map',
  ],
  [
    /deficient indentation/,
    'this line is indented too little, or a quote or bracket before it is not closed',
    'more spaces than the key it belongs to',
  ],
  [/tab characters must not/, 'a tab stands in the indentation', 'spaces'],
  [
    /a multiline key may not be an implicit key|expected ':' after a mapping key/,
    'this is not a key with a value',
    '"key: value", or the text before it in quotes or better indented',
  ],
  [
    /whitespace character is expected after the key-value/,
    'a space is missing after the colon',
    '"key: value"',
  ],
  [
    /within a flow collection|missed comma/,
    'a [ or { is not closed, or a comma is missing',
    '[a, b] or {a: 1, b: 2}',
  ],
  [
    /expected the node content/,
    'a value is missing before the comma',
    'a value between two commas',
  ],
  [
    /within a single quoted scalar/,
    "a ' is not closed",
    "a second ' at the end of the text ('' means one ')",
  ],
  [/within a double quoted scalar/, 'a " is not closed', 'a second " at the end of the text'],
  [
    /unknown escape sequence|expected hexadecimal/,
    'this is no escape that YAML knows',
    '\\\\ for a backslash, or text in single quotes',
  ],
  [
    /null byte|non-printable|valid JSON character/,
    'a character that YAML does not allow stands here',
    'printable text',
  ],
  [
    /unidentified alias "(.*)"/,
    'the alias *$1 has no anchor &$1 before it',
    'quotes, if a text that begins with * is meant',
  ],
  [
    /name of an alias/,
    'an alias needs a name after the *',
    'quotes, if a text that begins with * is meant',
  ],
  [
    /name of an anchor/,
    'an anchor needs a name after the &',
    'quotes, if a text that begins with & is meant',
  ],
  [
    /unknown .*tag !<(.*)>|undeclared tag handle (.*)/,
    'the YAML tag $1$2 is not known here',
    'no tag, or quotes if a text that begins with ! is meant',
  ],
  [/cannot resolve a node with !<(.*)>/, 'the value does not fit its YAML tag $1', ''],
  [/nesting exceeded/, 'the lists and maps are nested too deep', 'at most 100 levels'],
  [/merge keys exceeded/, 'the merge keys (<<) bring in too many keys', ''],
  [/merge/, '<< stands for a map or a list of maps', '<<: *name'],
  [/complex keys/, 'a list or map stands as a key', 'a text as key'],
  [
    /single document|document separator|directives end mark/,
    'the text goes on after the end of the document',
    'one YAML document',
  ],
  [/line break is expected/, 'the text must begin on the line after | or >', ''],
];

export function plainWords(reason: string): Words {
  for (const [pattern, message, expected] of WORDS) {
    const found = pattern.exec(reason);
    if (found === null) continue;
    const filled = message.replaceAll(/\$(\d)/g, (_, index: string) => found[Number(index)] ?? '');
    return { message: `YAML: ${filled}`, expected };
  }
  return { message: `YAML: ${reason}`, expected: '' };
}
