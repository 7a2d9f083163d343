// What `npm pack` packs, installed and built in a clean folder by the commands of the README.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';

import { checkSample, packageFolder, readmeSamples, tempFolder } from './helpers.js';

const inCi = process.env.CI === 'true' || process.env.TAPPS_CI === '1';

// Why the package cannot be built here; undefined: it can.
function lacking() {
  for (const [tool, how] of [
    ['npm', '--version'],
    ['cmake', '--version'],
    ['pkg-config', '--exists tapps'],
  ]) {
    if (spawnSync(tool, how.split(' ')).status !== 0) return `${tool} ${how} fails here`;
  }
  return undefined;
}

function run(command, cwd) {
  const { TAPPS_NODE_ADDON: _, ...env } = process.env;
  const done = spawnSync('sh', ['-c', command], {
    cwd,
    encoding: 'utf8',
    env: { ...env, npm_config_audit: 'false', npm_config_fund: 'false' },
  });
  assert.equal(done.status, 0, `${command}\n${done.stdout}\n${done.stderr}`);
  return done.stdout;
}

test('the packed package, installed in a clean folder, runs the README', async (t) => {
  const why = lacking();
  if (why && !inCi) return t.skip(why);
  assert.equal(why, undefined);
  const folder = tempFolder();
  const packed = run(`npm pack --silent --pack-destination '${folder}'`, packageFolder).trim();
  assert.match(run(`tar -tf '${packed}'`, folder), /^package\/LICENSE$/m);
  const project = path.join(folder, 'project');
  mkdirSync(project);
  writeFileSync(path.join(project, 'package.json'), '{"private":true}');

  const readme = readFileSync(path.join(packageFolder, 'README.md'), 'utf8');
  const [install, build] = readme.match(/^```sh\n([\s\S]*?)^```$/m)[1].trim().split('\n');
  assert.equal(install, 'npm install tapps');
  // From the file, and without a registry: Node's own headers will do.
  run(`npm install --offline --omit=optional '../${packed}'`, project);
  run(build, project);
  assert.ok(existsSync(path.join(project, 'node_modules/tapps/build/tapps.node')));
  for (const { source } of readmeSamples()) {
    await checkSample(source, project, { TAPPS_NODE_ADDON: '' });
  }
});
