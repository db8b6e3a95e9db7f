import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const files: Readonly<Record<string, string>> = {
  'README.md': '# Kettle\n\nBoils water, and stops when it is told to.\n',
  'src/kettle.ts': 'export class Kettle {\n  boil() {}\n  stop() {}\n}\n',
  'src/main.ts': "import { Kettle } from './kettle.ts'\n\nnew Kettle().boil()\n",
  'test/kettle.test.mjs':
    "import { test } from 'node:test'\ntest('the kettle boils', () => { console.log('it boils') })\n",
  'test/broken.test.mjs':
    "import { test } from 'node:test'\ntest('leaks', () => { throw new Error('leak') })\n",
  '.env': 'PASSWORD=secret kettle\n',
}

/** Makes a git repository of a few files, two commits deep, in a folder of its own. */
export function smallCheckout(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'kettle-'))
  const git = (...args: string[]): void => {
    const identity = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', '-c', 'commit.gpgsign=false']
    execFileSync('git', [...identity, ...args], { cwd: path, stdio: 'ignore' })
  }
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, file)), { recursive: true })
    writeFileSync(join(path, file), text)
  }
  git('init', '--initial-branch=main')
  git('add', 'README.md')
  git('commit', '--message=Say what a kettle is')
  git('add', 'src', 'test')
  git('commit', '--message=Boil water')
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}
