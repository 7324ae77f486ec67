/**
 * The deployment files as tests read them: YAML with merge keys, relative to the repository.
 */
import { CORE_SCHEMA, load, mergeTag } from 'js-yaml';
import { read } from '../repository.ts';

const schema = CORE_SCHEMA.withTags(mergeTag);

export const yaml = (file: string): unknown => load(read(file), { schema });
