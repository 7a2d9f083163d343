#include "storage/lease.h"

#include <sys/wait.h>
#include <unistd.h>

#include "storage/store_fixture.h"

namespace tapps::storage {
namespace {

class LeaseTest : public StoreFixture {
 protected:
  LeaseTest() { Open(); }
  Status Ask(LeaseRequest::Op op, int64_t token, int64_t duration_us = 10 * kSecond) {
    group_ = std::make_shared<WriteGroup>();
    group_->lease = LeaseRequest{op, "name", token, duration_us};
    return Write(group_);
  }
  Status Acquire(int64_t token) { return Ask(LeaseRequest::Op::kAcquire, token); }
  Status Renew(int64_t token) { return Ask(LeaseRequest::Op::kRenew, token); }
  Status Release(int64_t token) { return Ask(LeaseRequest::Op::kRelease, token); }
  Result<Lease> Find() {
    auto reader = store_->readers().Take();
    return (*reader)->FindLease("name");
  }
  // Makes the row say that another process holds the lease.
  void GiveTo(const ProcessId& owner) {
    Sql("UPDATE leases SET boot = " + std::to_string(owner.boot) +
        ", pids = " + std::to_string(owner.pids) + ", pid = " + std::to_string(owner.pid) +
        ", started = " + std::to_string(owner.started));
  }

  Group group_;
};

TEST_F(LeaseTest, OneHolderAtATime) {
  EXPECT_TRUE(Acquire(1).ok());
  EXPECT_EQ(group_->lease_until_us, clock_.WallNow() + 10 * kSecond);
  EXPECT_EQ(Acquire(2).code(), TAPPS_E_EXISTS);
  EXPECT_EQ(group_->lease_until_us, clock_.WallNow() + 10 * kSecond);
  EXPECT_TRUE(Acquire(1).ok());
  EXPECT_TRUE(Release(2).ok());  // not its own: nothing happens
  EXPECT_EQ(Acquire(2).code(), TAPPS_E_EXISTS);
  EXPECT_TRUE(Release(1).ok());
  EXPECT_EQ(Find().code(), TAPPS_E_NOT_FOUND);
  EXPECT_TRUE(Acquire(2).ok());
}

TEST_F(LeaseTest, AnExpiredLeaseIsTakenOverAndCannotBeRenewed) {
  ASSERT_TRUE(Acquire(1).ok());
  clock_.Advance(5 * kSecond);
  ASSERT_TRUE(Renew(1).ok());
  clock_.Advance(9 * kSecond);
  EXPECT_EQ(Acquire(2).code(), TAPPS_E_EXISTS);
  clock_.Advance(1 * kSecond);
  EXPECT_TRUE(Acquire(2).ok());
  EXPECT_EQ(Renew(1).code(), TAPPS_E_NOT_FOUND);
  EXPECT_EQ(Find()->token, 2);
}

TEST_F(LeaseTest, AClockSetBackDoesNotKeepALeaseForEver) {
  ASSERT_TRUE(Acquire(1).ok());
  clock_.StepWall(-kHour);
  EXPECT_TRUE(Acquire(2).ok());
}

TEST_F(LeaseTest, ADeadProcessHoldsNothing) {
  ASSERT_TRUE(Acquire(1).ok());
  ProcessId other = ProcessId::Self();
  const pid_t child = fork();
  if (child == 0) _exit(0);
  siginfo_t ended;
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT), 0);
  other.pid = child;
  GiveTo(other);
  EXPECT_TRUE(Find()->owner.Dead()) << "it has ended and was not waited for";
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(Find()->owner.Dead());
  EXPECT_TRUE(Acquire(2).ok());
}

TEST_F(LeaseTest, AProcessNumberUsedAgainIsAnotherProcess) {
  ProcessId other = ProcessId::Self();
  EXPECT_FALSE(other.Dead());
  other.started -= 1;
  EXPECT_TRUE(other.Dead());
  other = ProcessId::Self();
  other.boot += 1;
  EXPECT_TRUE(other.Dead());
}

TEST_F(LeaseTest, ProcessesOfAnotherContainerAreBelieved) {
  ASSERT_TRUE(Acquire(1).ok());
  ProcessId other = ProcessId::Self();
  other.pids += 1;
  other.pid = 999'999'999;
  GiveTo(other);
  EXPECT_EQ(Acquire(2).code(), TAPPS_E_EXISTS);
}

TEST_F(LeaseTest, TheEndOfALeaseMovesTheCounter) {
  ASSERT_TRUE(Acquire(1).ok());
  struct Ignore : ChangeFeed::Sink {
    void OnChanged(uint64_t) override {}
    void OnEverythingChanged() override {}
  } ignore;
  ASSERT_TRUE(store_->feed().Advance(ignore).ok());
  ASSERT_TRUE(store_->feed().Current());
  ASSERT_TRUE(Release(1).ok());
  EXPECT_FALSE(store_->feed().Current());
}

TEST_F(LeaseTest, RecordsAreStoredAndTheLeaseReleasedAtOnce) {
  ASSERT_TRUE(Acquire(1).ok());
  Group group = Of(MakeRecord("a", "loaded"));
  group->lease = LeaseRequest{LeaseRequest::Op::kRelease, "name", 1, 0};
  ASSERT_TRUE(Write(group).ok());
  EXPECT_EQ(Get("a"), "loaded");
  EXPECT_EQ(Find().code(), TAPPS_E_NOT_FOUND);
}

TEST_F(LeaseTest, RecordsOfARefusedLeaseAreNotStored) {
  ASSERT_TRUE(Acquire(1).ok());
  Group group = Of(MakeRecord("a", "1"));
  group->lease = LeaseRequest{LeaseRequest::Op::kRenew, "name", 2, kSecond};
  EXPECT_EQ(Write(group).code(), TAPPS_E_NOT_FOUND);
  EXPECT_EQ(Get("a"), "<NOT_FOUND>");
}

}  // namespace
}  // namespace tapps::storage
