using Upscale.Imaging;

namespace Upscale.Pipelines.Running;

/// <summary>What becomes of a target that exists already.</summary>
internal static class TargetPolicy
{
    /// <summary>Settles target, <see cref="UpscalePlan.Replace"/> and <see cref="UpscalePlan.SkipReason"/>.</summary>
    /// <param name="plan">With the target as the name template makes it.</param>
    /// <param name="own">True when the file at the target's place is an earlier result of the same journal: it may be replaced.</param>
    /// <param name="isTaken">True for a path that belongs to another picture of the run.</param>
    /// <exception cref="UpscaleException">
    /// <see cref="UpscaleErrorId.TargetConflict"/>, <see cref="UpscaleErrorId.TargetExists"/>, <see cref="UpscaleErrorId.FileWriteFailed"/>.
    /// </exception>
    public static UpscalePlan Apply(UpscalePlan plan, bool own, Func<string, bool> isTaken)
    {
        ExistingTarget existing = plan.Request.Existing;
        if (existing == ExistingTarget.Rename && !own)
            plan = plan with { Target = FreeName(plan.Target, path => isTaken(path) || Path.Exists(path)) };
        if (FilePath.Comparer.Equals(plan.Target, plan.Request.Source))
            throw new UpscaleException(UpscaleErrorId.TargetConflict, $"{plan.Request.Source} would be overwritten by its own result. Choose another destination or name template.");
        if (existing == ExistingTarget.Skip && !own && File.Exists(plan.Target))
            return plan with { SkipReason = $"'{plan.Target}' exists already" };
        plan = plan with { Replace = own || existing == ExistingTarget.Replace };
        if (Directory.Exists(Path.GetDirectoryName(plan.Target)))
            TargetFile.Check(plan.Target, plan.Replace);
        return plan;
    }

    private static string FreeName(string path, Func<string, bool> isTaken)
    {
        string extension = Path.GetExtension(path);
        string name = path[..^extension.Length];
        for (int number = 2; isTaken(path); number++)
            path = FormattableString.Invariant($"{name}-{number}{extension}");
        return path;
    }
}
