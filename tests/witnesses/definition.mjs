// What asl-validator has against a state machine's definition: [] where it is valid.
import validate from "asl-validator";
import { json } from "node:stream/consumers";

const definition = await json(process.stdin);
const { errors } = validate(definition, { checkArn: true, checkPaths: true });
console.log(JSON.stringify(errors.map((error) => error.Message)));
