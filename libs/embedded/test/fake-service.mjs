// Stands for a service: it answers on its health port, says what it was given, crashes on GET /crash, and ends with
// its standard input as every service does.
import { createServer } from 'node:http';

const server = createServer((request, response) => {
  if (request.url === '/crash') process.exit(9);
  response.end(JSON.stringify(request.url === '/environment' ? process.env : {}));
});
server.listen(Number(process.env.TOUCHSTONE_HEALTH_PORT), '127.0.0.1');
process.stdin.on('end', () => process.exit(0));
process.stdin.resume();
