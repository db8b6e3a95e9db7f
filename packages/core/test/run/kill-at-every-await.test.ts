import { memoryStore } from '../../src/index.ts'
import { alone, beforeOthers, runKillSuite, superseded } from './kill-scenarios/run-kill-suite.ts'

runKillSuite('L1 · in memory', (now) => memoryStore({ now }), [beforeOthers, alone, superseded])
