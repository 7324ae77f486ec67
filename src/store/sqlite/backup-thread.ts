/** A thread for one backup, so that neither requests nor commits wait for it. */
import { parentPort, workerData } from 'node:worker_threads';
import { backupFile } from './backup.ts';
import { storeError, toWire } from './fault.ts';
import { type Answer, READY_ID } from './wire.ts';

const { source, target } = workerData as { source: string; target: string };

const answer = (): Answer => {
  try {
    return { id: READY_ID, result: backupFile(source, target) };
  } catch (error) {
    return { id: READY_ID, error: toWire(storeError('back up the store', target, error)) };
  }
};

parentPort?.postMessage(answer());
