import type { Plan, Skill } from '../skill.ts'
import { checkProjectTypes } from './check-project-types.ts'
import { findText } from './find-text.ts'
import { introduce } from './introduce.ts'
import { lookUpWords } from './look-up-words.ts'
import { runTestFile } from './run-test-file.ts'
import { showFile } from './show-file.ts'
import { tellHistory } from './tell-history.ts'

/** The first that recognises a request takes it. */
const skills: readonly Skill[] = [introduce, runTestFile, checkProjectTypes, tellHistory, showFile, findText]

/** Decides what to do about a request. */
export function planFor(request: string): Plan {
  for (const skill of skills) {
    const plan = skill.plan(request)
    if (plan !== null) return plan
  }
  return lookUpWords(request)
}
