/**
 * Reads Prometheus's text format, as far as tests need it: families with their types, and samples with labels.
 */
interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Exposition {
  /** Family name -> `counter`, `gauge` or `histogram`. */
  readonly types: ReadonlyMap<string, string>;
  readonly samples: readonly Sample[];
  /** Value of the one sample with this name and, among others, these labels. */
  readonly value: (name: string, labels?: Readonly<Record<string, string>>) => number | undefined;
}

/** A line ends at a line feed alone: U+2028 may stand in a value, and a dot would not match it. */
const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{([^\n]*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/y;
const UNESCAPED: Readonly<Record<string, string>> = { '\\\\': '\\', '\\"': '"', '\\n': '\n' };

export const parseExposition = (text: string): Exposition => {
  const types = new Map<string, string>();
  const samples: Sample[] = [];
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('# HELP ')) continue;
    if (line.startsWith('# TYPE ')) {
      const [, , name = '', type = ''] = line.split(' ');
      if (types.has(name)) throw new Error(`family twice: ${name}`);
      types.set(name, type);
      continue;
    }
    const found = SAMPLE.exec(line);
    if (found === null) throw new Error(`not a sample: ${line}`);
    const [, name = '', labels = '', value = ''] = found;
    samples.push({ name, labels: labelsOf(labels), value: numberOf(value) });
  }
  const value: Exposition['value'] = (name, labels = {}) => {
    const all = samples.filter(
      (one) => one.name === name && Object.entries(labels).every(([k, v]) => one.labels[k] === v),
    );
    if (all.length > 1) throw new Error(`${name} ${JSON.stringify(labels)}: ${all.length} samples`);
    return all[0]?.value;
  };
  return { types, samples, value };
};

const labelsOf = (text: string): Record<string, string> => {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const found = LABEL.exec(text);
    if (found === null) throw new Error(`not labels: ${text}`);
    const [, name = '', raw = ''] = found;
    labels[name] = raw.replace(/\\[\\"n]/g, (pair) => UNESCAPED[pair] ?? pair);
  }
  return labels;
};

const numberOf = (text: string): number => {
  if (text === '+Inf') return Infinity;
  if (text === '-Inf') return -Infinity;
  const value = Number(text);
  if (Number.isNaN(value) && text !== 'NaN' && text !== 'Nan') throw new Error(`number: ${text}`);
  return value;
};

/** `name type label,label` per family, sorted: what others may depend on. */
export const shape = ({ types, samples }: Exposition): string[] =>
  [...types]
    .map(([family, type]) => {
      const labels = new Set<string>();
      for (const one of samples) {
        const base =
          type === 'histogram' ? one.name.replace(/_(?:bucket|sum|count)$/, '') : one.name;
        if (base === family) for (const label of Object.keys(one.labels)) labels.add(label);
      }
      labels.delete('le');
      return [family, type, [...labels].sort().join(',')].join(' ').trim();
    })
    .sort();
