// package-lock.json as `npm ci` wants it. npm leaves an optional package out of the lock when its registry does not have
// it, and afterwards refuses to install from a lock without it.

import { type Finding, finding, type Rule } from './project.ts';

interface Package {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export const lockNamesEveryOptionalPackage: Rule = (project) => {
  const file = project.find(({ path }) => path === 'package-lock.json');
  if (!file) return [];
  const { packages } = JSON.parse(file.text) as { packages: Readonly<Record<string, Package>> };
  return Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]): Finding[] =>
    Object.keys(optionalDependencies)
      .filter((name) => !packages[`node_modules/${name}`] && !packages[`${path}/node_modules/${name}`])
      .map((name) =>
        finding(
          file,
          file.text.indexOf(`"${path}"`),
          `npm ci will refuse this: add an entry for ${name}, like those beside it`,
        ),
      ),
  );
};
