#include "gate.hpp"

#include <fcntl.h>

#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <future>
#include <optional>
#include <set>
#include <thread>

#include "../integration/support/upstreams.hpp"

namespace faults {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// The one thread. It ends with the program and has nothing that needs an orderly end.
asio::io_context& loop() {
  static auto* const context = [] {
    auto* made = new asio::io_context(1);
    std::thread([made] {
      const auto forever = asio::make_work_guard(*made);
      made->run();
    }).detach();
    return made;
  }();
  return *context;
}

// Asio does not: a gateway started later would hold the port of a gate that refuses.
void keep_from_children(int fd) { ::fcntl(fd, F_SETFD, FD_CLOEXEC); }

void on_loop(const std::function<void()>& work) {
  std::packaged_task<void()> task(work);
  auto done = task.get_future();
  asio::post(loop(), [&task] { task(); });
  done.get();
}

}  // namespace

// Everything below runs on the loop's thread.
class Gate::Work : public std::enable_shared_from_this<Work> {
 public:
  Work(const std::string& address, int port, int upstream_port)
      : here_(asio::ip::make_address(address), static_cast<std::uint16_t>(port)),
        there_(asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(upstream_port)) {}

  void set(Fault fault) {
    const bool ends = fault.kind == Kind::pass && fault_.kind != Kind::pass;
    fault_ = std::move(fault);
    if (ends || fault_.kind == Kind::refuse) close_all();
    if (fault_.kind == Kind::refuse) {
      acceptor_.reset();
    } else if (!acceptor_) {
      acceptor_.emplace(loop(), here_);  // reuses the address
      keep_from_children(acceptor_->native_handle());
      accept();
    }
  }

  void end() {
    acceptor_.reset();
    close_all();
  }

 private:
  // One connection: the asker on one side, the upstream on the other.
  struct Session : std::enable_shared_from_this<Session> {
    Session(std::shared_ptr<Work> work, tcp::socket socket)
        : gate(std::move(work)), asker(std::move(socket)), upstream(loop()), timer(loop()) {}

    void start() {
      auto self = shared_from_this();
      upstream.async_connect(gate->there_, [self](error_code error) {
        if (error && self->needs_upstream()) return self->close();
        keep_from_children(self->upstream.native_handle());
        error_code ignored;
        self->asker.set_option(tcp::no_delay(true), ignored);
        self->upstream.set_option(tcp::no_delay(true), ignored);
        self->hear_asker();
        self->hear_upstream();
      });
    }

    bool needs_upstream() const { return gate->fault_.kind != Kind::answer && gate->fault_.kind != Kind::reset; }

    void hear_asker() {
      auto self = shared_from_this();
      asker.async_read_some(asio::buffer(question), [self](error_code error, std::size_t length) {
        if (error) return self->close();
        self->answered = 0;
        const auto& fault = self->gate->fault_;
        if (fault.kind == Kind::reset) return self->reset();
        if (fault.kind == Kind::answer) return self->answer(fault.text, true);
        asio::async_write(self->upstream, asio::buffer(self->question.data(), length), [self](error_code failed, std::size_t) {
          if (failed) return self->close();
          self->hear_asker();
        });
      });
    }

    void hear_upstream() {
      auto self = shared_from_this();
      upstream.async_read_some(asio::buffer(heard), [self](error_code error, std::size_t length) {
        // Who is told nothing, or nothing more, does not learn either that the upstream is done.
        const auto kind = self->gate->fault_.kind;
        if (error && (kind == Kind::mute || kind == Kind::stop)) return;
        if (error) return self->close();
        self->pass_on({self->heard.data(), length});
      });
    }

    // What becomes of a piece of an answer.
    void pass_on(std::string piece) {
      const auto fault = gate->fault_;
      const auto before = answered;
      answered += piece.size();
      switch (fault.kind) {
        case Kind::mute:
        case Kind::reset:
        case Kind::answer:
        case Kind::refuse: return hear_upstream();  // said to nobody
        case Kind::stop:
          if (before >= fault.bytes) return hear_upstream();
          piece.resize(std::min(piece.size(), fault.bytes - before));
          return answer(std::move(piece), false);
        case Kind::truncate: {
          const bool last = answered >= fault.bytes;
          piece.resize(std::min(piece.size(), fault.bytes - std::min(before, fault.bytes)));
          return answer(std::move(piece), last);
        }
        case Kind::garble:
          if (before == 0) piece[0] = static_cast<char>(piece[0] ^ 0x15);
          return answer(std::move(piece), false);
        case Kind::drip: return trickle(std::move(piece), 1, fault.pause);
        case Kind::limit: {
          constexpr std::size_t turns = 50;  // a second, at most
          return trickle(std::move(piece), std::max<std::size_t>(1, fault.bytes / turns),
                         std::chrono::microseconds{1'000'000 / fault.bytes});
        }
        case Kind::delay: {
          timer.expires_after(fault.pause);
          auto self = shared_from_this();
          return timer.async_wait([self, piece = std::move(piece)](error_code error) mutable {
            if (!error) self->answer(std::move(piece), false);
          });
        }
        case Kind::pass: return answer(std::move(piece), false);
      }
    }

    void trickle(std::string piece, std::size_t at_once, std::chrono::microseconds a_byte) {
      timer.expires_after(a_byte * static_cast<std::int64_t>(std::min(at_once, piece.size())));
      auto self = shared_from_this();
      timer.async_wait([self, piece = std::move(piece), at_once, a_byte](error_code error) mutable {
        if (error) return;
        self->said = piece.substr(0, at_once);
        piece.erase(0, at_once);
        asio::async_write(self->asker, asio::buffer(self->said),
                          [self, piece = std::move(piece), at_once, a_byte](error_code failed, std::size_t) mutable {
                            if (failed) return self->close();
                            if (piece.empty()) return self->hear_upstream();
                            self->trickle(std::move(piece), at_once, a_byte);
                          });
      });
    }

    void answer(std::string text, bool last) {
      said = std::move(text);
      auto self = shared_from_this();
      asio::async_write(asker, asio::buffer(said), [self, last](error_code error, std::size_t) {
        if (error || last) return self->close();
        self->hear_upstream();
      });
    }

    void reset() {
      error_code ignored;
      asker.set_option(asio::socket_base::linger(true, 0), ignored);
      close();
    }

    void close() {
      error_code ignored;
      timer.cancel();
      asker.close(ignored);
      upstream.close(ignored);
      gate->sessions_.erase(shared_from_this());
    }

    std::shared_ptr<Work> gate;
    tcp::socket asker, upstream;
    asio::steady_timer timer;
    std::array<char, 16384> question{}, heard{};
    std::string said;
    std::size_t answered = 0;
  };

  void accept() {
    acceptor_->async_accept([self = shared_from_this()](error_code error, tcp::socket socket) {
      if (error) return;  // closed
      keep_from_children(socket.native_handle());
      const auto session = std::make_shared<Session>(self, std::move(socket));
      self->sessions_.insert(session);
      session->start();
      self->accept();
    });
  }

  void close_all() {
    for (const auto open = sessions_; const auto& session : open) session->close();
  }

  tcp::endpoint here_, there_;
  Fault fault_;
  std::optional<tcp::acceptor> acceptor_;
  std::set<std::shared_ptr<Session>> sessions_;
};

Gate::Gate(int upstream_port, const std::string& address)
    : port_(integration::free_port()), work_(std::make_shared<Work>(address, port_, upstream_port)) {
  set({});
}

Gate::~Gate() {
  on_loop([&] { work_->end(); });
}

void Gate::set(Fault fault) {
  on_loop([&] { work_->set(std::move(fault)); });
}

}  // namespace faults
