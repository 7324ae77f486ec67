/** The thread that copies the write-ahead log into the database file whenever it is told to. */
import { parentPort, workerData } from 'node:worker_threads';
import { runCheckpoint } from './checkpoints.ts';
import { Connection } from './connection.ts';
import type { CheckpointResult } from './wire.ts';

const { file } = workerData as { file: string };
let connection: Connection | null = null;

const checkpoint = (): CheckpointResult => {
  try {
    connection ??= new Connection({ file, busyTimeoutMs: 0 });
    return runCheckpoint(connection, 'PASSIVE');
  } catch {
    connection?.close();
    connection = null;
    return { frames: -1, done: -1 };
  }
};

parentPort?.on('message', () => parentPort?.postMessage(checkpoint()));
