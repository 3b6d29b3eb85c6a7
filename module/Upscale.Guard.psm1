# Runs at every import, before the assemblies are loaded. .NET answers the load of an assembly that it already has with the
# one it has, so that a second copy of the module would say that it was imported and run the code of the first.

$loader = [System.IO.Path]::Combine($PSScriptRoot, 'bin', 'Upscale.Loader.dll')

foreach ($assembly in [System.Runtime.Loader.AssemblyLoadContext]::Default.Assemblies) {
    if ($assembly.GetName().Name -eq 'Upscale.Loader' -and $assembly.Location -ne $loader) {
        $used = [System.IO.Path]::GetFullPath([System.IO.Path]::Combine($assembly.Location, '..', '..', '..'))
        $wanted = [System.IO.Path]::GetDirectoryName($PSScriptRoot)
        throw [System.InvalidOperationException]::new(
            "This PowerShell process already uses Upscale from $used, and cannot use another copy beside it. Start a new PowerShell to import it from $wanted.")
    }
}
