// Reads a line and answers it, each client in a thread of its own, with a lock on the way out.
import java.io.*;
import java.net.*;

class Lines {
    static synchronized void answer(Socket peer, String line) throws IOException {
        peer.getOutputStream().write((line.toUpperCase() + "\n").getBytes());
        peer.close();
    }

    public static void main(String[] words) throws Exception {
        ServerSocket listener = new ServerSocket(12000, 5, InetAddress.getByName("127.0.0.1"));
        Socket peer = listener.accept();
        listener.close();
        Thread thread = new Thread(() -> {
            try {
                String line = new BufferedReader(new InputStreamReader(peer.getInputStream())).readLine();
                answer(peer, line);
            } catch (IOException error) {
                error.printStackTrace();
            }
        });
        thread.start();
        thread.join();
    }
}
