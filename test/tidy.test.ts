// The house style as a test. Each rule has its file in test/tidy/, and the tests beside it show that it can fail.

import { describe, expect, it } from 'vitest';
import { treeDrift } from '#actors/kit';
import { coverageOf } from '#ops/requirements';
import { tree } from '../actors/tree.ts';
import { everyDecisionIsIndexed, everyFolderIsOnTheMap } from './tidy/documents.ts';
import {
  effectsComeAsArguments,
  outsideWorldOnlyInAdapters,
  protocolsRunNothing,
  pureFilesLoadNoAdapter,
  zodOnlyInSchemas,
} from './tidy/effects.ts';
import { everyCodeIsUsed, raisedCodesAreInTheTable } from './tidy/error-codes.ts';
import { foldersByTheirIndex, layersOneWay, packagesBehindTheirPort } from './tidy/imports.ts';
import { lockNamesEveryOptionalPackage } from './tidy/lock-file.ts';
import { luaHeadersTellKeysArgumentsReplies } from './tidy/lua.ts';
import {
  filesStayShort,
  knownSuffixes,
  nounsOfTheDomain,
  promisesGiveAReason,
  purposeFirst,
  testsMirrorSources,
} from './tidy/names.ts';
import { type Rule, readProject, report, tests } from './tidy/project.ts';
import { noWordsOfTheDesk } from './tidy/words.ts';

const project = readProject('.');

describe('the project is tidy', () => {
  it.each<[string, Rule]>([
    ['imports run one way, src ← actors ← cluster ← ops', layersOneWay],
    ['other folders are imported through their index, as #layer/folder', foldersByTheirIndex],
    ['nact, pm2 and bull are imported only where they are tamed', packagesBehindTheirPort],
    ['time, timers, randomness and the environment come as arguments', effectsComeAsArguments],
    ['sockets, files, processes and Redis are touched only in .io.ts and .actor.ts files', outsideWorldOnlyInAdapters],
    ['pure files load no adapter', pureFilesLoadNoAdapter],
    ['.protocol.ts files hold only types and constants', protocolsRunNothing],
    ['zod is loaded by .schema.ts files only', zodOnlyInSchemas],
    ['files and folders are nouns of the domain', nounsOfTheDomain],
    ['file names carry only the known suffixes', knownSuffixes],
    ['no file is longer than 400 lines', filesStayShort],
    ['files begin with their purpose', purposeFirst],
    ['what is postponed says what it waits for', promisesGiveAReason],
    ['every error code that is raised stands in the table', raisedCodesAreInTheTable],
    ['every error code in the table is used', everyCodeIsUsed],
    ['Redis scripts describe their keys, arguments and replies', luaHeadersTellKeysArgumentsReplies],
    ['tests lie where their sources lie', testsMirrorSources],
    ['every folder is on the map of ARCHITECTURE.md', everyFolderIsOnTheMap],
    ['npm ci accepts the lock file', lockNamesEveryOptionalPackage],
    ['every decision stands in the index', everyDecisionIsIndexed],
    ['nothing speaks of somebody’s desk', noWordsOfTheDesk],
  ])('%s', (_, rule) => expect(report(rule(project))).toBe(''));

  it('the README shows the supervision tree as it is', () => {
    const readme = project.find(({ path }) => path === 'README.md')?.text ?? '';
    expect(treeDrift(readme, tree)).toBeUndefined();
  });

  it('tests name only requirements that exist', () => {
    const list = project.find(({ path }) => path === 'ops/requirements/REQUIREMENTS.md')!.text;
    expect(coverageOf(list, Object.fromEntries(tests(project).map(({ path, text }) => [path, text]))).unknown).toEqual(
      {},
    );
  });
});
